package dev.nantian.gateway.control.translate;

import static dev.nantian.gateway.control.translate.Conditions.condition;
import static dev.nantian.gateway.control.translate.Conditions.createdMillis;
import static dev.nantian.gateway.control.translate.Conditions.generation;
import static dev.nantian.gateway.control.translate.Conditions.orEmpty;

import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.Listener;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.ListenerBuilder;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.ListenerEntryStatus;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.ListenerEntryStatusBuilder;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.ListenerSet;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.ListenerSetStatus;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.ListenerSetStatusBuilder;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.ParentGatewayReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * ListenerSet: listeners that it would add to a Gateway. The Gateway says which of them are served
 * and carries them in its configuration.
 */
public final class ListenerSetTranslator implements Translator<ListenerSet> {

  @Override
  public Set<ResourceKey> dependencies(ResourceKey key, ListenerSet object) {
    Set<ResourceKey> dependencies =
        new TreeSet<>(ListenerCheck.dependencies(key, listeners(object)));
    gateway(key, object).ifPresent(dependencies::add);
    dependencies.add(new ResourceKey(Kind.NAMESPACE, "", key.namespace()));
    return dependencies;
  }

  @Override
  public Translation absent(ResourceKey key, Inputs inputs) {
    return Translation.of(Fact.ListenerSetFact.ABSENT);
  }

  @Override
  public Translation translate(ResourceKey key, ListenerSet object, Inputs inputs) {
    Translation.Builder result = new Translation.Builder();
    dependencies(key, object).forEach(dependency -> result.claim(dependency, Claim.WATCHES));
    Optional<ResourceKey> parent = gateway(key, object);
    if (parent.isEmpty()) {
      return result
          .fact(notOurs())
          .problem(Problem.warning("spec.parentRef.kind", "not a Gateway; nothing serves this set"))
          .build();
    }
    Fact.GatewayFact gateway = inputs.fact(parent.get(), Fact.GatewayFact.class);
    if (gateway.ownership() != Fact.Ownership.OURS) {
      if (gateway.ownership() == Fact.Ownership.ABSENT) {
        result.problem(Problem.warning("spec.parentRef.name", parent.get() + " does not exist"));
      }
      return result.fact(notOurs()).build();
    }
    List<Listener> written = listeners(object);
    List<ListenerCheck> checks = new ArrayList<>();
    List<ListenerOffer> offers = new ArrayList<>();
    for (int i = 0; i < written.size(); i++) {
      ListenerCheck check =
          ListenerCheck.of(
              key,
              "spec.listeners[" + i + "]",
              written.get(i),
              "",
              FrontendValidation.Outcome.NOT_ASKED,
              inputs);
      checks.add(check);
      result.problems(check.problems());
      offers.add(offer(check, inputs, result));
    }
    result.claim(
        parent.get(),
        new Claim.AddsListeners(
            createdMillis(object),
            inputs
                .fact(
                    new ResourceKey(Kind.NAMESPACE, "", key.namespace()), Fact.NamespaceFact.class)
                .labels(),
            offers));
    Fact.@Nullable SetVerdict verdict = gateway.sets().get(key);
    List<Fact.ListenerFact> facts = new ArrayList<>();
    if (verdict != null && verdict.allowed()) {
      for (ListenerCheck check : checks) {
        Fact.ListenerVerdict one = verdict.listeners().get(check.name());
        facts.add(
            check.fact(
                key.namespace() + "/" + key.name() + "/" + check.name(),
                one != null && one.served(),
                inputs.claims()));
        if (one != null && !one.conflict().isEmpty()) {
          result.problem(ListenerCheck.conflict(check.path(), check.listener(), one.conflict()));
        }
      }
    } else if (verdict != null) {
      result.problem(
          Problem.error(
              "spec.parentRef", parent.get() + " does not allow it (see its allowedListeners)"));
    }
    return result
        .fact(new Fact.ListenerSetFact(Fact.Ownership.OURS, parent, facts))
        .status(status(parent.get(), checks, verdict, inputs, generation(object)))
        .build();
  }

  private static Fact notOurs() {
    return new Fact.ListenerSetFact(Fact.Ownership.NOT_OURS, Optional.empty(), List.of());
  }

  private static ListenerOffer offer(
      ListenerCheck check, Inputs inputs, Translation.Builder result) {
    boolean ready = true;
    if (check.servable()) {
      for (ResourceKey secret : check.certificates()) {
        result.claim(secret, new Claim.UsesCertificate());
        ready &= inputs.fact(secret, Fact.SecretFact.class).published();
      }
    }
    return new ListenerOffer(
        check.name(), check.protocol(), check.servable(), ready, check.message());
  }

  private static ListenerSetStatus status(
      ResourceKey gateway,
      List<ListenerCheck> checks,
      Fact.@Nullable SetVerdict verdict,
      Inputs inputs,
      long generation) {
    if (verdict == null) {
      return whole(false, "Pending", "the Gateway has not answered yet", "Pending", generation);
    }
    if (!verdict.allowed()) {
      return whole(
          false,
          "NotAllowed",
          "spec.parentRef: "
              + gateway
              + " does not allow ListenerSets of this namespace (see its allowedListeners)",
          "NotAllowed",
          generation);
    }
    if (!verdict.refusal().isEmpty()) {
      return whole(
          false, "ParentNotAccepted", verdict.refusal(), "ParentNotProgrammed", generation);
    }
    List<ListenerEntryStatus> listeners =
        checks.stream().map(check -> listener(check, verdict, inputs, generation)).toList();
    List<String> invalid =
        checks.stream().filter(check -> !isValid(check, verdict)).map(ListenerCheck::name).toList();
    String message = "not valid: " + String.join(", ", invalid);
    if (invalid.size() == checks.size()) {
      return new ListenerSetStatusBuilder(
              whole(false, "ListenersNotValid", message, "ListenersNotValid", generation))
          .withListeners(listeners)
          .build();
    }
    Optional<Fact.ListenerVerdict> served =
        verdict.listeners().values().stream().filter(Fact.ListenerVerdict::served).findFirst();
    return new ListenerSetStatusBuilder()
        .withConditions(
            invalid.isEmpty()
                ? condition("Accepted", true, "Accepted", "the set is valid", generation)
                : condition("Accepted", true, "ListenersNotValid", message, generation),
            served
                .map(
                    one ->
                        condition(
                            "Programmed",
                            one.live(),
                            one.programmedReason(),
                            one.programmedMessage(),
                            generation))
                .orElseGet(
                    () ->
                        condition(
                            "Programmed",
                            false,
                            "Pending",
                            "no listener is in the configuration yet",
                            generation)))
        .withListeners(listeners)
        .build();
  }

  private static boolean isValid(ListenerCheck check, Fact.SetVerdict verdict) {
    Fact.ListenerVerdict one = verdict.listeners().get(check.name());
    return check.servable() && one != null && one.conflict().isEmpty() && one.reason().isEmpty();
  }

  private static ListenerSetStatus whole(
      boolean accepted, String reason, String message, String programmedReason, long generation) {
    return new ListenerSetStatusBuilder()
        .withConditions(
            condition("Accepted", accepted, reason, message, generation),
            condition("Programmed", false, programmedReason, message, generation))
        .build();
  }

  private static ListenerEntryStatus listener(
      ListenerCheck check, Fact.SetVerdict verdict, Inputs inputs, long generation) {
    Fact.ListenerVerdict one =
        Objects.requireNonNullElse(
            verdict.listeners().get(check.name()),
            new Fact.ListenerVerdict("", "", "", false, false, "Pending", "not known yet"));
    Optional<Refusal> refusal = check.notAccepted();
    if (refusal.isEmpty() && !one.conflict().isEmpty()) {
      refusal = Optional.of(new Refusal(one.conflict(), one.message()));
    }
    if (refusal.isEmpty() && !one.reason().isEmpty()) {
      refusal = Optional.of(new Refusal(one.reason(), one.message()));
    }
    boolean unresolved = !check.servable() && refusal.isEmpty();
    return new ListenerEntryStatusBuilder()
        .withName(check.name())
        .withSupportedKinds(check.kinds())
        .withAttachedRoutes(GatewayStatuses.attachedRoutes(check, inputs))
        .withConditions(
            refusal
                .map(why -> condition("Accepted", false, why.reason(), why.message(), generation))
                .orElseGet(
                    () ->
                        condition(
                            "Accepted", true, "Accepted", "the listener is valid", generation)),
            one.conflict().isEmpty()
                ? condition("Conflicted", false, "NoConflicts", "no conflicts", generation)
                : condition("Conflicted", true, one.conflict(), one.message(), generation),
            Conditions.resolvedRefs(check.notResolved(), generation),
            refusal.isPresent()
                ? condition(
                    "Programmed",
                    false,
                    one.conflict().isEmpty() ? "Invalid" : one.conflict(),
                    refusal.get().message(),
                    generation)
                : condition(
                    "Programmed",
                    one.served() && one.live(),
                    unresolved ? "Invalid" : one.programmedReason(),
                    one.programmedMessage(),
                    generation))
        .build();
  }

  private static List<Listener> listeners(ListenerSet object) {
    return orEmpty(object.getSpec().getListeners()).stream()
        .map(
            entry ->
                new ListenerBuilder()
                    .withName(entry.getName())
                    .withHostname(entry.getHostname())
                    .withPort(entry.getPort())
                    .withProtocol(entry.getProtocol())
                    .withTls(entry.getTls())
                    .withAllowedRoutes(entry.getAllowedRoutes())
                    .build())
        .toList();
  }

  private static Optional<ResourceKey> gateway(ResourceKey key, ListenerSet object) {
    ParentGatewayReference parent = object.getSpec().getParentRef();
    boolean isGateway =
        Objects.requireNonNullElse(parent.getGroup(), Kind.GATEWAY_API).equals(Kind.GATEWAY_API)
            && Objects.requireNonNullElse(parent.getKind(), "Gateway").equals("Gateway");
    return isGateway
        ? Optional.of(
            new ResourceKey(
                Kind.GATEWAY,
                Objects.requireNonNullElse(parent.getNamespace(), key.namespace()),
                parent.getName()))
        : Optional.empty();
  }
}
