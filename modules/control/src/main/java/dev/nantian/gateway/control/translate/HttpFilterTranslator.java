package dev.nantian.gateway.control.translate;

import static dev.nantian.gateway.control.translate.Conditions.condition;
import static dev.nantian.gateway.control.translate.Conditions.generation;
import static dev.nantian.gateway.control.translate.Conditions.resolvedRefs;

import dev.nantian.gateway.control.policy.HTTPFilter;
import dev.nantian.gateway.control.policy.HTTPFilterSpec;
import dev.nantian.gateway.control.policy.HTTPFilterSpec.Jwks;
import dev.nantian.gateway.control.policy.HTTPFilterSpec.KeyRef;
import dev.nantian.gateway.control.policy.HTTPFilterStatus;
import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.protocol.config.v1.ExtensionFilter;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * HTTPFilter: makes the filter that the routes which refer to it carry in their own configuration.
 *
 * <p>All that a proxy would refuse is refused here, so that a wrong filter is told of in its status
 * and in those of its routes, and no route is refused whole. Key sets are reduced to their public
 * part: whatever a Secret holds beside it does not leave.
 */
public final class HttpFilterTranslator implements Translator<HTTPFilter> {
  private static final String JWKS = "spec.jwt.jwks";

  /** The text of the key set, or why there is none. */
  private record Keys(@Nullable String text, Optional<Problem> missing, boolean known) {}

  @Override
  public Set<ResourceKey> dependencies(ResourceKey key, HTTPFilter object) {
    return holder(key, object).map(Set::of).orElse(Set.of());
  }

  private static Optional<ResourceKey> holder(ResourceKey key, HTTPFilter object) {
    return reference(object)
        .map(
            reference ->
                new ResourceKey(
                    jwks(object).secret() == null ? Kind.CONFIG_MAP : Kind.SECRET,
                    key.namespace(),
                    reference.name()));
  }

  private static Optional<KeyRef> reference(HTTPFilter object) {
    Jwks jwks = jwks(object);
    return Optional.ofNullable(jwks.secret() == null ? jwks.configMap() : jwks.secret());
  }

  private static Jwks jwks(HTTPFilter object) {
    HTTPFilterSpec.Jwt jwt = object.getSpec().jwt();
    return jwt == null ? new Jwks(null, null, null, null, null) : jwt.jwks();
  }

  @Override
  public Translation absent(ResourceKey key, Inputs inputs) {
    return Translation.of(Fact.FilterFact.ABSENT);
  }

  @Override
  public Translation translate(ResourceKey key, HTTPFilter object, Inputs inputs) {
    Translation.Builder result = new Translation.Builder();
    Optional<ResourceKey> holder = holder(key, object);
    holder.ifPresent(
        target ->
            result.claim(
                target, new Claim.ReadsKey(reference(object).map(KeyRef::key).orElse(""))));
    Keys keys = keys(object, holder, inputs);
    Optional<Problem> wrong = Optional.empty();
    ExtensionFilter filter = ExtensionFilter.getDefaultInstance();
    if (keys.missing().isEmpty()) {
      try {
        filter = FilterMessages.of(key, object.getSpec(), keys.text());
      } catch (UnsupportedException e) {
        wrong = Optional.of(e.problem());
      }
    }
    Optional<Problem> invalid = wrong;
    keys.missing().ifPresent(result::problem);
    invalid.ifPresent(result::problem);
    long generation = generation(object);
    Condition accepted =
        invalid
            .map(
                problem -> condition("Accepted", false, "Invalid", problem.inMessage(), generation))
            .orElseGet(
                () ->
                    condition("Accepted", true, "Accepted", "routes may refer to it", generation));
    Condition resolved =
        resolvedRefs(
            keys.missing().map(problem -> new Refusal("KeysNotFound", problem.inMessage())),
            generation);
    String refusal = keys.missing().or(() -> invalid).map(Problem::inMessage).orElse("");
    return result
        .fact(new Fact.FilterFact(true, refusal, filter))
        .waitUnless(keys.known())
        .status(new HTTPFilterStatus(List.of(accepted, resolved)))
        .build();
  }

  private static Keys keys(HTTPFilter object, Optional<ResourceKey> holder, Inputs inputs) {
    if (holder.isEmpty()) {
      return new Keys(jwks(object).inline(), Optional.empty(), true);
    }
    ResourceKey target = holder.get();
    String key = reference(object).map(KeyRef::key).orElse("");
    String path = JWKS + (target.kind() == Kind.SECRET ? ".secret" : ".configMap");
    Fact fact = inputs.facts().get(target);
    boolean exists;
    Map<String, Optional<String>> texts;
    switch (fact) {
      case Fact.SecretFact secret -> {
        exists = secret.exists();
        texts = secret.texts();
      }
      case Fact.CaFact configMap -> {
        exists = configMap.exists();
        texts = configMap.texts();
      }
      case null, default -> throw new IllegalStateException(target + ": " + fact);
    }
    if (!exists) {
      return new Keys(
          null, Optional.of(Problem.error(path + ".name", target + " does not exist")), true);
    }
    Optional<String> text = texts.get(key);
    if (text == null) {
      // It has not been told yet that this key is wanted.
      return new Keys(
          null, Optional.of(Problem.error(path + ".key", key + " is not known yet")), false);
    }
    return text.map(found -> new Keys(found, Optional.empty(), true))
        .orElseGet(
            () ->
                new Keys(
                    null,
                    Optional.of(
                        Problem.error(
                            path + ".key",
                            key + ": " + target + " has no such entry (expected a JWK Set)")),
                    true));
  }
}
