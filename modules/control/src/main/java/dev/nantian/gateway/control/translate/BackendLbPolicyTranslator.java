package dev.nantian.gateway.control.translate;

import dev.nantian.gateway.control.policy.BackendLBPolicy;
import dev.nantian.gateway.control.policy.BackendLBPolicySpec.TargetRef;
import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.protocol.config.v1.TrafficPolicy;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.ParentReference;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.ParentReferenceBuilder;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.PolicyAncestorStatus;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.PolicyAncestorStatusBuilder;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.PolicyStatusBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * BackendLBPolicy: gives its settings to the Services that it names, which decide between several
 * policies (the oldest, then the first by name) and carry the settings in their configuration.
 *
 * <p>Each target is an ancestor of the status, with the condition Accepted (Gateway API, policy
 * attachment, GEP-713).
 */
public final class BackendLbPolicyTranslator implements Translator<BackendLBPolicy> {
  private final String controllerName;

  /**
   * @param controllerName for the status
   */
  public BackendLbPolicyTranslator(String controllerName) {
    this.controllerName = controllerName;
  }

  @Override
  public Set<ResourceKey> dependencies(ResourceKey key, BackendLBPolicy object) {
    return object.getSpec().targetRefs().stream()
        .map(target -> service(key, target))
        .collect(Collectors.toSet());
  }

  private static ResourceKey service(ResourceKey policy, TargetRef target) {
    return new ResourceKey(Kind.SERVICE, policy.namespace(), target.name());
  }

  @Override
  public Translation absent(ResourceKey key, Inputs inputs) {
    return Translation.of(Fact.NONE);
  }

  @Override
  public Translation translate(ResourceKey key, BackendLBPolicy object, Inputs inputs) {
    Translation.Builder result = new Translation.Builder();
    Optional<Problem> invalid = Optional.empty();
    TrafficPolicy settings = TrafficPolicy.getDefaultInstance();
    try {
      settings = TrafficMessages.policy(object);
    } catch (UnsupportedException e) {
      invalid = Optional.of(e.problem());
      result.problem(e.problem());
    }
    List<PolicyAncestorStatus> ancestors = new ArrayList<>();
    List<TargetRef> targets = object.getSpec().targetRefs();
    for (int i = 0; i < targets.size(); i++) {
      ResourceKey service = service(key, targets.get(i));
      result.claim(
          service,
          invalid.isPresent()
              ? Claim.WATCHES
              : new Claim.SetsTraffic(Conditions.createdMillis(object), settings));
      Fact.ServiceFact fact = inputs.fact(service, Fact.ServiceFact.class);
      Condition condition =
          invalid
              .map(problem -> accepted(object, false, "Invalid", problem.inMessage()))
              .orElseGet(() -> verdict(key, object, service, fact));
      if (invalid.isEmpty() && !"True".equals(condition.getStatus())) {
        result.problem(Problem.error("spec.targetRefs[" + i + "]", condition.getMessage()));
      }
      ancestors.add(
          new PolicyAncestorStatusBuilder()
              .withAncestorRef(reference(targets.get(i)))
              .withControllerName(controllerName)
              .withConditions(condition)
              .build());
    }
    return result.status(new PolicyStatusBuilder().withAncestors(ancestors).build()).build();
  }

  private static Condition verdict(
      ResourceKey key, BackendLBPolicy object, ResourceKey service, Fact.ServiceFact fact) {
    if (!fact.exists()) {
      return accepted(object, false, "TargetNotFound", service + " does not exist");
    }
    boolean inForce = fact.trafficPolicy().isEmpty() || fact.trafficPolicy().equals(key.name());
    return inForce
        ? accepted(object, true, "Accepted", "the policy is in force for " + service)
        : accepted(
            object,
            false,
            "Conflicted",
            "BackendLBPolicy "
                + key.namespace()
                + "/"
                + fact.trafficPolicy()
                + " is older and in force for "
                + service);
  }

  private static Condition accepted(
      BackendLBPolicy object, boolean holds, String reason, String message) {
    return Conditions.condition("Accepted", holds, reason, message, Conditions.generation(object));
  }

  private static ParentReference reference(TargetRef target) {
    return new ParentReferenceBuilder()
        .withGroup("")
        .withKind(Kind.SERVICE.kindName())
        .withName(target.name())
        .build();
  }
}
