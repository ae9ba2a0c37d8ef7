package dev.nantian.gateway.control.translate;

import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPBackendRef;
import org.jspecify.annotations.Nullable;

/** A backendRef of any kind of route, as written. */
record BackendReference(
    @Nullable String group,
    @Nullable String kind,
    @Nullable String namespace,
    String name,
    @Nullable Integer port,
    @Nullable Integer weight) {
  static BackendReference of(HTTPBackendRef reference) {
    return new BackendReference(
        reference.getGroup(),
        reference.getKind(),
        reference.getNamespace(),
        reference.getName(),
        reference.getPort(),
        reference.getWeight());
  }

  static BackendReference of(io.fabric8.kubernetes.api.model.gatewayapi.v1.BackendRef reference) {
    return new BackendReference(
        reference.getGroup(),
        reference.getKind(),
        reference.getNamespace(),
        reference.getName(),
        reference.getPort(),
        reference.getWeight());
  }
}
