package dev.nantian.gateway.control.translate;

import static dev.nantian.gateway.control.translate.Conditions.condition;
import static dev.nantian.gateway.control.translate.Conditions.createdMillis;
import static dev.nantian.gateway.control.translate.Conditions.generation;
import static dev.nantian.gateway.control.translate.Conditions.orEmpty;
import static dev.nantian.gateway.control.translate.Conditions.resolvedRefs;

import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.protocol.config.v1.BackendTls;
import dev.nantian.gateway.protocol.config.v1.SubjectAltName;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.BackendTLSPolicy;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.BackendTLSPolicyValidation;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.LocalPolicyTargetReferenceWithSectionName;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.ParentReferenceBuilder;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.PolicyAncestorStatus;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.PolicyAncestorStatusBuilder;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.PolicyStatusBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * BackendTLSPolicy: TLS to the backends of the Services that it names. The Service's configuration
 * carries it; one that cannot be obeyed makes the Service fail closed.
 */
public final class BackendTlsPolicyTranslator implements Translator<BackendTLSPolicy> {
  /** Policies have at most so many ancestors (PolicyStatus.ancestors). */
  private static final int MAX_ANCESTORS = 16;

  private final String controllerName;

  public BackendTlsPolicyTranslator(String controllerName) {
    this.controllerName = controllerName;
  }

  /** What the policy comes to. */
  private record Verdict(
      BackendTls tls,
      Optional<Refusal> notAccepted,
      Optional<Refusal> notResolved,
      List<Problem> problems) {}

  @Override
  public Set<ResourceKey> dependencies(ResourceKey key, BackendTLSPolicy object) {
    Set<ResourceKey> dependencies =
        new TreeSet<>(CaCertificates.dependencies(key, references(key, object)));
    dependencies.addAll(targets(key, object).keySet());
    return dependencies;
  }

  @Override
  public Translation absent(ResourceKey key, Inputs inputs) {
    return Translation.of(Fact.NONE);
  }

  @Override
  public Translation translate(ResourceKey key, BackendTLSPolicy object, Inputs inputs) {
    Translation.Builder result = new Translation.Builder();
    dependencies(key, object).forEach(dependency -> result.claim(dependency, Claim.WATCHES));
    Verdict verdict = verdict(key, object, inputs);
    result.problems(verdict.problems());
    Map<ResourceKey, SortedSet<String>> targets = targets(key, object);
    TreeSet<ResourceKey> gateways = new TreeSet<>();
    boolean overruled = !targets.isEmpty();
    for (Map.Entry<ResourceKey, SortedSet<String>> target : targets.entrySet()) {
      result.claim(
          target.getKey(),
          new Claim.SecuresBackend(target.getValue(), createdMillis(object), verdict.tls()));
      Fact.ServiceFact service = inputs.fact(target.getKey(), Fact.ServiceFact.class);
      gateways.addAll(service.policies().gateways());
      overruled &= service.policies().overruled().contains(key);
      if (!service.exists()) {
        result.problem(Problem.warning("spec.targetRefs", target.getKey() + " does not exist"));
      }
    }
    if (overruled) {
      result.problem(
          Problem.error(
              "spec.targetRefs",
              "an older BackendTLSPolicy has the same targets, which is in force"));
    }
    if (!gateways.isEmpty()) {
      result.status(status(gateways, verdict, overruled, generation(object)));
    }
    return result.build();
  }

  private static Verdict verdict(ResourceKey key, BackendTLSPolicy object, Inputs inputs) {
    BackendTLSPolicyValidation validation = object.getSpec().getValidation();
    BackendTls.Builder tls = BackendTls.newBuilder().setHostname(validation.getHostname());
    for (io.fabric8.kubernetes.api.model.gatewayapi.v1.SubjectAltName name :
        orEmpty(validation.getSubjectAltNames())) {
      tls.addSubjectAltNames(
          "URI".equals(name.getType())
              ? SubjectAltName.newBuilder().setUri(Objects.requireNonNullElse(name.getUri(), ""))
              : SubjectAltName.newBuilder().setHostname(Hostnames.normal(name.getHostname())));
    }
    String wellKnown = validation.getWellKnownCACertificates();
    if (wellKnown != null && !wellKnown.isEmpty()) {
      if (wellKnown.equals("System")) {
        return new Verdict(
            tls.setSystemRoots(true).build(), Optional.empty(), Optional.empty(), List.of());
      }
      Problem problem =
          Problem.error(
              "spec.validation.wellKnownCACertificates", wellKnown + " (expected System)");
      return refused(tls, "Invalid", problem, Optional.empty(), List.of(problem));
    }
    CaCertificates certificates =
        CaCertificates.resolve(
            key,
            "spec.validation.caCertificateRefs",
            references(key, object),
            "InvalidKind",
            inputs);
    if (certificates.pem().isEmpty()) {
      Problem problem =
          certificates.problems().isEmpty()
              ? Problem.error("spec.validation.caCertificateRefs", "empty (expected a ConfigMap)")
              : certificates.problems().getFirst();
      return refused(
          tls, "NoValidCACertificate", problem, certificates.refusal(), certificates.problems());
    }
    return new Verdict(
        tls.setCaCertificates(certificates.pem()).build(),
        Optional.empty(),
        certificates.refusal(),
        certificates.problems());
  }

  private static Verdict refused(
      BackendTls.Builder tls,
      String reason,
      Problem problem,
      Optional<Refusal> notResolved,
      List<Problem> problems) {
    return new Verdict(
        tls.setFailure(reason + ": " + problem.inMessage()).build(),
        Optional.of(new Refusal(reason, problem.inMessage())),
        notResolved,
        problems);
  }

  private Object status(
      Set<ResourceKey> gateways, Verdict verdict, boolean overruled, long generation) {
    List<Condition> conditions = new ArrayList<>();
    if (verdict.notAccepted().isPresent()) {
      conditions.add(
          condition(
              "Accepted",
              false,
              verdict.notAccepted().get().reason(),
              verdict.notAccepted().get().message(),
              generation));
    } else if (overruled) {
      conditions.add(
          condition(
              "Accepted",
              false,
              "Conflicted",
              "an older BackendTLSPolicy has the same targets",
              generation));
    } else {
      conditions.add(condition("Accepted", true, "Accepted", "the policy is valid", generation));
    }
    conditions.add(resolvedRefs(verdict.notResolved(), generation));
    List<PolicyAncestorStatus> ancestors =
        gateways.stream()
            .limit(MAX_ANCESTORS)
            .map(
                gateway ->
                    new PolicyAncestorStatusBuilder()
                        .withAncestorRef(
                            new ParentReferenceBuilder()
                                .withGroup(Kind.GATEWAY_API)
                                .withKind(Kind.GATEWAY.kindName())
                                .withNamespace(gateway.namespace())
                                .withName(gateway.name())
                                .build())
                        .withControllerName(controllerName)
                        .withConditions(conditions)
                        .build())
            .toList();
    return new PolicyStatusBuilder().withAncestors(ancestors).build();
  }

  private static List<CaCertificates.Reference> references(
      ResourceKey key, BackendTLSPolicy object) {
    return orEmpty(object.getSpec().getValidation().getCaCertificateRefs()).stream()
        .map(reference -> CaCertificates.Reference.of(key, reference))
        .toList();
  }

  /** Sections by Service; the empty one stands for the whole Service. */
  private static Map<ResourceKey, SortedSet<String>> targets(
      ResourceKey key, BackendTLSPolicy object) {
    Map<ResourceKey, SortedSet<String>> targets = new TreeMap<>();
    for (LocalPolicyTargetReferenceWithSectionName target :
        orEmpty(object.getSpec().getTargetRefs())) {
      if (Objects.requireNonNullElse(target.getGroup(), "").isEmpty()
          && "Service".equals(target.getKind())) {
        targets
            .computeIfAbsent(
                new ResourceKey(Kind.SERVICE, key.namespace(), target.getName()),
                ignored -> new TreeSet<>())
            .add(Objects.requireNonNullElse(target.getSectionName(), ""));
      }
    }
    return targets;
  }
}
