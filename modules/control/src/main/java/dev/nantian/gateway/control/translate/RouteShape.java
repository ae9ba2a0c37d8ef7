package dev.nantian.gateway.control.translate;

import dev.nantian.gateway.control.source.ResourceKey;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GRPCRoute;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRoute;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.ParentReference;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.TLSRoute;
import io.fabric8.kubernetes.api.model.gatewayapi.v1alpha2.TCPRoute;
import io.fabric8.kubernetes.api.model.gatewayapi.v1alpha2.UDPRoute;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What every kind of route has: who it is, where it wants to attach, under which hostnames.
 *
 * @param createdMillis the older route has precedence
 * @param hostnames in normal form, each once; empty for every hostname
 */
record RouteShape(
    ResourceKey key, long createdMillis, List<ParentReference> parentRefs, List<String> hostnames) {

  static RouteShape of(ResourceKey key, HTTPRoute route) {
    return of(key, route, route.getSpec().getParentRefs(), route.getSpec().getHostnames());
  }

  static RouteShape of(ResourceKey key, GRPCRoute route) {
    return of(key, route, route.getSpec().getParentRefs(), route.getSpec().getHostnames());
  }

  static RouteShape of(ResourceKey key, TLSRoute route) {
    return of(key, route, route.getSpec().getParentRefs(), route.getSpec().getHostnames());
  }

  static RouteShape of(ResourceKey key, TCPRoute route) {
    return of(key, route, route.getSpec().getParentRefs(), List.of());
  }

  static RouteShape of(ResourceKey key, UDPRoute route) {
    return of(key, route, route.getSpec().getParentRefs(), List.of());
  }

  private static RouteShape of(
      ResourceKey key,
      HasMetadata route,
      @Nullable List<ParentReference> parents,
      @Nullable List<String> hostnames) {
    return new RouteShape(
        key,
        Conditions.createdMillis(route),
        parents == null ? List.of() : parents,
        hostnames == null
            ? List.of()
            : hostnames.stream().map(Hostnames::normal).distinct().toList());
  }
}
