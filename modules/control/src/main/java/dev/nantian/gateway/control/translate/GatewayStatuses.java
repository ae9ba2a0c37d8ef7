package dev.nantian.gateway.control.translate;

import static dev.nantian.gateway.control.translate.Conditions.condition;
import static dev.nantian.gateway.control.translate.Conditions.generation;

import dev.nantian.gateway.control.address.AddressAssignment;
import dev.nantian.gateway.control.source.Diagnostic;
import dev.nantian.gateway.control.xds.Programming;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.Gateway;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GatewayStatus;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GatewayStatusAddress;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GatewayStatusBuilder;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.ListenerStatus;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.ListenerStatusBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The status of a Gateway: Accepted, Programmed, ResolvedRefs, addresses, and each listener's. */
final class GatewayStatuses {
  private GatewayStatuses() {}

  /** Whether the configuration is live, as a condition says it. */
  record Liveness(boolean live, String reason, String message) {}

  static GatewayStatus status(
      Gateway gateway,
      List<Problem> gatewayProblems,
      List<ListenerCheck> listeners,
      Set<String> served,
      BackendClientCertificate clientCertificate,
      FrontendValidation frontend,
      int listenerSets,
      Inputs inputs) {
    long generation = generation(gateway);
    Optional<Problem> refusal =
        gatewayProblems.stream()
            .filter(problem -> problem.severity() == Diagnostic.Severity.ERROR)
            .findFirst();
    List<ListenerCheck> notAccepted =
        listeners.stream().filter(listener -> listener.notAccepted().isPresent()).toList();
    Liveness liveness = liveness(inputs.programming());
    List<Condition> conditions = new ArrayList<>();
    conditions.add(accepted(refusal, listeners, notAccepted, generation));
    conditions.add(programmed(refusal, served, liveness, inputs, generation));
    conditions.add(resolvedRefs(listeners, clientCertificate, generation));
    if (frontend.insecure()) {
      conditions.add(
          condition(
              "InsecureFrontendValidationMode",
              true,
              "ConfigurationChanged",
              "clients whose certificates do not verify are served (AllowInsecureFallback)",
              generation));
    }
    return new GatewayStatusBuilder()
        .withAddresses(
            inputs.address().map(AddressAssignment::reachable).orElse(List.of()).stream()
                .map(
                    address ->
                        new GatewayStatusAddress(
                            GatewayTranslator.isIpAddress(address) ? "IPAddress" : "Hostname",
                            address))
                .toList())
        .withConditions(conditions)
        .withAttachedListenerSets(listenerSets)
        .withListeners(
            listeners.stream()
                .map(listener -> listener(listener, refusal, served, liveness, inputs, generation))
                .toList())
        .build();
  }

  private static Condition accepted(
      Optional<Problem> refusal,
      List<ListenerCheck> listeners,
      List<ListenerCheck> notAccepted,
      long generation) {
    if (refusal.isPresent()) {
      String reason =
          refusal.get().fieldPath().startsWith("spec.addresses")
              ? "UnsupportedAddress"
              : "InvalidParameters";
      return condition("Accepted", false, reason, refusal.get().inMessage(), generation);
    }
    if (!notAccepted.isEmpty()) {
      return condition(
          "Accepted",
          notAccepted.size() < listeners.size(),
          "ListenersNotValid",
          "not valid: " + String.join(", ", notAccepted.stream().map(ListenerCheck::name).toList()),
          generation);
    }
    return condition("Accepted", true, "Accepted", "the Gateway is valid", generation);
  }

  private static Condition programmed(
      Optional<Problem> refusal,
      Set<String> served,
      Liveness liveness,
      Inputs inputs,
      long generation) {
    if (refusal.isPresent()) {
      return condition("Programmed", false, "Invalid", refusal.get().inMessage(), generation);
    }
    if (inputs.address().isEmpty()) {
      return condition(
          "Programmed", false, "AddressNotAssigned", "no address is assigned yet", generation);
    }
    Optional<String> yielded =
        inputs.address().get().refused().values().stream().sorted().findFirst();
    if (yielded.isPresent()) {
      return condition("Programmed", false, "AddressNotUsable", yielded.get(), generation);
    }
    AddressAssignment.Missing missing = inputs.address().get().missing();
    if (!missing.message().isEmpty()) {
      return condition(
          "Programmed",
          false,
          missing.requested() ? "AddressNotUsable" : "AddressNotAssigned",
          missing.message(),
          generation);
    }
    if (served.isEmpty() && !inputs.address().get().waiting().isEmpty()) {
      return condition("Programmed", false, "Pending", "no port is assigned yet", generation);
    }
    if (served.isEmpty()) {
      return condition("Programmed", false, "Invalid", "no listener can be served", generation);
    }
    return condition(
        "Programmed", liveness.live(), liveness.reason(), liveness.message(), generation);
  }

  private static Condition resolvedRefs(
      List<ListenerCheck> listeners, BackendClientCertificate clientCertificate, long generation) {
    if (clientCertificate.refusal().isPresent()) {
      Refusal refusal = clientCertificate.refusal().get();
      return condition("ResolvedRefs", false, refusal.reason(), refusal.message(), generation);
    }
    List<String> unresolved =
        listeners.stream()
            .filter(listener -> listener.notResolved().isPresent())
            .map(ListenerCheck::name)
            .toList();
    return unresolved.isEmpty()
        ? condition("ResolvedRefs", true, "ResolvedRefs", "all references resolve", generation)
        : condition(
            "ResolvedRefs",
            false,
            "ListenersNotResolved",
            "not resolved: " + String.join(", ", unresolved),
            generation);
  }

  private static ListenerStatus listener(
      ListenerCheck listener,
      Optional<Problem> gatewayRefusal,
      Set<String> served,
      Liveness liveness,
      Inputs inputs,
      long generation) {
    List<Condition> conditions = new ArrayList<>();
    conditions.add(
        listener
            .notAccepted()
            .map(
                refusal ->
                    condition("Accepted", false, refusal.reason(), refusal.message(), generation))
            .orElseGet(
                () ->
                    condition("Accepted", true, "Accepted", "the listener is valid", generation)));
    conditions.add(
        listener.conflict().isEmpty()
            ? condition("Conflicted", false, "NoConflicts", "no conflicts", generation)
            : condition(
                "Conflicted",
                true,
                listener.conflict(),
                listener.notAccepted().map(Refusal::message).orElse(""),
                generation));
    conditions.add(Conditions.resolvedRefs(listener.notResolved(), generation));
    conditions.add(
        listenerProgrammed(listener, gatewayRefusal, served, liveness, inputs, generation));
    return new ListenerStatusBuilder()
        .withName(listener.name())
        .withSupportedKinds(listener.kinds())
        .withAttachedRoutes(attachedRoutes(listener, inputs))
        .withConditions(conditions)
        .build();
  }

  private static Condition listenerProgrammed(
      ListenerCheck listener,
      Optional<Problem> gatewayRefusal,
      Set<String> served,
      Liveness liveness,
      Inputs inputs,
      long generation) {
    if (served.contains(listener.name())) {
      return condition(
          "Programmed", liveness.live(), liveness.reason(), liveness.message(), generation);
    }
    String yielded =
        inputs
            .address()
            .map(address -> address.refused().getOrDefault(listener.name(), ""))
            .orElse("");
    if (!yielded.isEmpty()) {
      return condition("Programmed", false, "AddressNotUsable", yielded, generation);
    }
    String message =
        gatewayRefusal
            .map(Problem::inMessage)
            .or(() -> listener.notAccepted().map(Refusal::message))
            .or(() -> listener.notResolved().map(Refusal::message))
            .orElse("no address is assigned yet");
    boolean pending =
        gatewayRefusal.isEmpty()
            && listener.servable()
            && inputs.address().map(at -> at.waiting().contains(listener.name())).orElse(true);
    return condition("Programmed", false, pending ? "Pending" : "Invalid", message, generation);
  }

  static int attachedRoutes(ListenerCheck listener, Inputs inputs) {
    int count = 0;
    for (Claim claim : inputs.claims().values()) {
      if (claim instanceof Claim.Attaches attaches
          && attaches.listeners().containsKey(listener.name())) {
        count++;
      }
    }
    return count - RouteContest.losers(listener.name(), inputs.claims()).size();
  }

  static Liveness liveness(Programming programming) {
    return switch (programming.state()) {
      case LIVE -> new Liveness(true, "Programmed", "every connected proxy serves it");
      case NO_NODE -> new Liveness(false, "Pending", "no proxy is connected");
      case WAITING ->
          new Liveness(
              false,
              "Pending",
              programming.detail().isEmpty()
                  ? "not sent to the proxies yet"
                  : "waiting for " + programming.detail());
      case REFUSED -> new Liveness(false, "Invalid", programming.detail());
      case ADDRESS_NOT_USABLE -> new Liveness(false, "AddressNotUsable", programming.detail());
    };
  }
}
