package dev.nantian.gateway.control.translate;

import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** EndpointSlice: adds its endpoints to the Service that its label names. */
public final class EndpointSliceTranslator implements Translator<EndpointSlice> {
  static final String SERVICE_LABEL = "kubernetes.io/service-name";

  @Override
  public Set<ResourceKey> dependencies(ResourceKey key, EndpointSlice object) {
    return service(key, object).map(Set::of).orElse(Set.of());
  }

  @Override
  public Translation absent(ResourceKey key, Inputs inputs) {
    return Translation.of(Fact.NONE);
  }

  @Override
  public Translation translate(ResourceKey key, EndpointSlice object, Inputs inputs) {
    Translation.Builder result = new Translation.Builder();
    service(key, object)
        .ifPresentOrElse(
            service -> result.claim(service, new Claim.AddsEndpoints(object)),
            () ->
                result.problem(
                    Problem.warning(
                        "metadata.labels",
                        "no " + SERVICE_LABEL + " (expected the name of the Service)")));
    String type = object.getAddressType();
    if (!"IPv4".equals(type) && !"IPv6".equals(type)) {
      result.problem(
          Problem.error("addressType", type + " (expected IPv4 or IPv6; others are not served)"));
    }
    return result.build();
  }

  private static Optional<ResourceKey> service(ResourceKey key, EndpointSlice object) {
    Map<String, String> labels = object.getMetadata().getLabels();
    String name = labels == null ? null : labels.get(SERVICE_LABEL);
    return name == null || name.isEmpty()
        ? Optional.empty()
        : Optional.of(new ResourceKey(Kind.SERVICE, key.namespace(), name));
  }
}
