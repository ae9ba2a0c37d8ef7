package dev.nantian.gateway.control.translate;

import static dev.nantian.gateway.control.translate.Conditions.orEmpty;

import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointConditions;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The endpoints of one Service port, out of all slices of the Service. */
final class Endpoints {
  private record Place(String address, int port) {
    private static final Comparator<Place> ORDER =
        Comparator.comparing(Place::address).thenComparingInt(Place::port);
  }

  private Endpoints() {}

  /**
   * Merges the slices. A slice's port belongs to the Service port of the same name. Ready endpoints
   * get traffic; if there are none, those that still serve while they terminate do (Kubernetes
   * KEP-1669).
   *
   * @return empty if no slice has the port
   */
  static Optional<ClusterLoadAssignment> assignment(
      String clusterName, @Nullable String portName, String protocol, List<EndpointSlice> slices) {
    SortedSet<Place> ready = new TreeSet<>(Place.ORDER);
    SortedSet<Place> terminating = new TreeSet<>(Place.ORDER);
    boolean found = false;
    for (EndpointSlice slice : slices) {
      if (!"IPv4".equals(slice.getAddressType()) && !"IPv6".equals(slice.getAddressType())) {
        continue;
      }
      for (EndpointPort port : orEmpty(slice.getPorts())) {
        if (!isNamed(port, portName, protocol) || port.getPort() == null) {
          continue;
        }
        found = true;
        for (Endpoint endpoint : orEmpty(slice.getEndpoints())) {
          EndpointConditions conditions = endpoint.getConditions();
          List<Place> places =
              orEmpty(endpoint.getAddresses()).stream()
                  .map(address -> new Place(address, port.getPort()))
                  .toList();
          if (isReady(conditions)) {
            ready.addAll(places);
          } else if (isServingTerminating(conditions)) {
            terminating.addAll(places);
          }
        }
      }
    }
    return found
        ? Optional.of(message(clusterName, ready.isEmpty() ? terminating : ready))
        : Optional.empty();
  }

  private static boolean isNamed(EndpointPort port, @Nullable String name, String protocol) {
    return Objects.requireNonNullElse(port.getName(), "")
            .equals(Objects.requireNonNullElse(name, ""))
        && Objects.requireNonNullElse(port.getProtocol(), "TCP").equals(protocol);
  }

  // An unknown readiness counts as ready (EndpointConditions.ready).
  private static boolean isReady(@Nullable EndpointConditions conditions) {
    return conditions == null || !Boolean.FALSE.equals(conditions.getReady());
  }

  private static boolean isServingTerminating(@Nullable EndpointConditions conditions) {
    return conditions != null
        && Boolean.TRUE.equals(conditions.getServing())
        && Boolean.TRUE.equals(conditions.getTerminating());
  }

  private static ClusterLoadAssignment message(String clusterName, SortedSet<Place> places) {
    LocalityLbEndpoints.Builder endpoints = LocalityLbEndpoints.newBuilder();
    for (Place place : places) {
      endpoints.addLbEndpoints(
          LbEndpoint.newBuilder()
              .setEndpoint(
                  io.envoyproxy.envoy.config.endpoint.v3.Endpoint.newBuilder()
                      .setAddress(
                          Address.newBuilder()
                              .setSocketAddress(
                                  SocketAddress.newBuilder()
                                      .setAddress(place.address())
                                      .setPortValue(place.port())))));
    }
    return ClusterLoadAssignment.newBuilder()
        .setClusterName(clusterName)
        .addEndpoints(endpoints)
        .build();
  }
}
