package dev.nantian.gateway.control.translate;

import static dev.nantian.gateway.control.translate.Conditions.orEmpty;

import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.ReferenceGrant;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.ReferenceGrantFrom;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.ReferenceGrantTo;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** ReferenceGrant: adds its grants to its namespace, where those look who want to refer into it. */
public final class ReferenceGrantTranslator implements Translator<ReferenceGrant> {

  @Override
  public Set<ResourceKey> dependencies(ResourceKey key, ReferenceGrant object) {
    return Set.of(new ResourceKey(Kind.NAMESPACE, "", key.namespace()));
  }

  @Override
  public Translation absent(ResourceKey key, Inputs inputs) {
    return Translation.of(Fact.NONE);
  }

  @Override
  public Translation translate(ResourceKey key, ReferenceGrant object, Inputs inputs) {
    List<Fact.Grant> grants = new ArrayList<>();
    for (ReferenceGrantFrom from : orEmpty(object.getSpec().getFrom())) {
      for (ReferenceGrantTo to : orEmpty(object.getSpec().getTo())) {
        grants.add(
            new Fact.Grant(
                from.getGroup(),
                from.getKind(),
                from.getNamespace(),
                to.getGroup(),
                to.getKind(),
                Objects.requireNonNullElse(to.getName(), "")));
      }
    }
    return new Translation.Builder()
        .claim(new ResourceKey(Kind.NAMESPACE, "", key.namespace()), new Claim.AddsGrants(grants))
        .build();
  }
}
