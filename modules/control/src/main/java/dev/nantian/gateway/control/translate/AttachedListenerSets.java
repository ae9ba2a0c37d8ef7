package dev.nantian.gateway.control.translate;

import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.protocol.config.v1.Listener;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.Gateway;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.ListenerNamespaces;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * The ListenerSets that would add listeners to one Gateway (GEP-1713). The Gateway's own listeners
 * have precedence, then the older set, then the first by namespace and name; of listeners that
 * exclude each other the first is served.
 */
final class AttachedListenerSets {

  /**
   * A listener of a set that the Gateway allows.
   *
   * @param id its name in the configuration
   * @param conflict ProtocolConflict or HostnameConflict; empty if none
   * @param refusal why it is not served otherwise
   */
  record Added(
      ResourceKey set,
      ListenerOffer offer,
      String id,
      String conflict,
      Optional<Refusal> refusal,
      Listener message) {
    boolean accepted() {
      return offer.valid() && conflict.isEmpty() && refusal.isEmpty();
    }

    boolean servable() {
      return accepted() && offer.ready();
    }
  }

  private final Map<ResourceKey, List<Added>> allowed = new LinkedHashMap<>();
  private final List<ResourceKey> notAllowed = new ArrayList<>();

  static AttachedListenerSets of(
      ResourceKey key,
      Gateway gateway,
      List<ListenerCheck> own,
      FrontendValidation frontend,
      Inputs inputs) {
    AttachedListenerSets sets = new AttachedListenerSets();
    List<Taken> taken = new ArrayList<>();
    own.forEach(
        listener ->
            taken.add(new Taken(listener.protocol(), listener.port(), listener.hostname())));
    inputs.claims().entrySet().stream()
        .filter(claim -> claim.getValue() instanceof Claim.AddsListeners)
        .sorted(
            Comparator.<Map.Entry<ResourceKey, Claim>>comparingLong(
                    claim -> ((Claim.AddsListeners) claim.getValue()).createdMillis())
                .thenComparing(Map.Entry::getKey))
        .forEach(
            claim ->
                sets.add(
                    key,
                    gateway,
                    claim.getKey(),
                    (Claim.AddsListeners) claim.getValue(),
                    frontend,
                    taken));
    return sets;
  }

  /** A place that a listener with precedence has. */
  private record Taken(String protocol, int port, String hostname) {}

  private void add(
      ResourceKey key,
      Gateway gateway,
      ResourceKey set,
      Claim.AddsListeners claim,
      FrontendValidation frontend,
      List<Taken> taken) {
    if (!allows(key, gateway, set, claim)) {
      notAllowed.add(set);
      return;
    }
    List<Added> listeners = new ArrayList<>();
    for (ListenerOffer offer : claim.listeners()) {
      String conflict = "";
      for (Taken other : taken) {
        String with =
            ListenerConflicts.between(
                offer.protocol(),
                offer.port(),
                offer.hostname(),
                other.protocol(),
                other.port(),
                other.hostname());
        conflict = conflict.equals("ProtocolConflict") || with.isEmpty() ? conflict : with;
      }
      FrontendValidation.Outcome asked =
          offer.protocol().equals("HTTPS")
              ? frontend.of(offer.port())
              : FrontendValidation.Outcome.NOT_ASKED;
      String id = set.namespace() + "/" + set.name() + "/" + offer.name();
      Listener.Builder message = offer.message().toBuilder().setName(id);
      asked.message().ifPresent(message::setClientValidation);
      Added added = new Added(set, offer, id, conflict, asked.notAccepted(), message.build());
      listeners.add(added);
      if (added.accepted()) {
        taken.add(new Taken(offer.protocol(), offer.port(), offer.hostname()));
      }
    }
    allowed.put(set, listeners);
  }

  private static boolean allows(
      ResourceKey key, Gateway gateway, ResourceKey set, Claim.AddsListeners claim) {
    ListenerNamespaces namespaces =
        gateway.getSpec().getAllowedListeners() == null
            ? null
            : gateway.getSpec().getAllowedListeners().getNamespaces();
    String from =
        namespaces == null || namespaces.getFrom() == null ? "None" : namespaces.getFrom();
    return switch (from) {
      case "All" -> true;
      case "Same" -> key.namespace().equals(set.namespace());
      case "Selector" -> {
        LabelSelector selector = namespaces == null ? null : namespaces.getSelector();
        yield selector != null && Selectors.matches(selector, claim.namespaceLabels());
      }
      default -> false;
    };
  }

  /** The listeners of all sets that are allowed, those with precedence first. */
  List<Added> listeners() {
    return allowed.values().stream().flatMap(List::stream).toList();
  }

  /** Number of sets of which at least one listener is accepted. */
  int accepted() {
    return (int)
        allowed.values().stream()
            .filter(listeners -> listeners.stream().anyMatch(Added::accepted))
            .count();
  }

  /**
   * What the sets are to know.
   *
   * @param refusal why the Gateway itself is not accepted; empty if it is
   */
  Map<ResourceKey, Fact.SetVerdict> verdicts(
      String refusal, Function<Added, Fact.ListenerVerdict> verdict) {
    Map<ResourceKey, Fact.SetVerdict> verdicts = new HashMap<>();
    notAllowed.forEach(set -> verdicts.put(set, new Fact.SetVerdict(false, refusal, Map.of())));
    allowed.forEach(
        (set, listeners) -> {
          Map<String, Fact.ListenerVerdict> each = new HashMap<>();
          listeners.forEach(added -> each.put(added.offer().name(), verdict.apply(added)));
          verdicts.put(set, new Fact.SetVerdict(true, refusal, each));
        });
    return verdicts;
  }
}
