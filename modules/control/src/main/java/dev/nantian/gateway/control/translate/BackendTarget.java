package dev.nantian.gateway.control.translate;

import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.BackendObjectReference;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.BackendRef;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPBackendRef;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What the kinds of backend reference have in common.
 *
 * @param group empty for the core group
 * @param namespace empty for the route's own
 * @param port null if none is written
 */
record BackendTarget(
    String group, String kind, String namespace, String name, @Nullable Integer port, int weight) {

  static BackendTarget of(HTTPBackendRef reference) {
    return of(
        reference.getGroup(),
        reference.getKind(),
        reference.getNamespace(),
        reference.getName(),
        reference.getPort(),
        reference.getWeight());
  }

  static BackendTarget of(BackendRef reference) {
    return of(
        reference.getGroup(),
        reference.getKind(),
        reference.getNamespace(),
        reference.getName(),
        reference.getPort(),
        reference.getWeight());
  }

  static BackendTarget of(BackendObjectReference reference) {
    return of(
        reference.getGroup(),
        reference.getKind(),
        reference.getNamespace(),
        reference.getName(),
        reference.getPort(),
        1);
  }

  private static BackendTarget of(
      @Nullable String group,
      @Nullable String kind,
      @Nullable String namespace,
      String name,
      @Nullable Integer port,
      @Nullable Integer weight) {
    return new BackendTarget(
        Objects.requireNonNullElse(group, ""),
        Objects.requireNonNullElse(kind, "Service"),
        Objects.requireNonNullElse(namespace, ""),
        name,
        port,
        Objects.requireNonNullElse(weight, 1));
  }

  boolean isService() {
    return group.isEmpty() && kind.equals("Service");
  }

  ResourceKey service(ResourceKey route) {
    return new ResourceKey(Kind.SERVICE, namespace.isEmpty() ? route.namespace() : namespace, name);
  }
}
