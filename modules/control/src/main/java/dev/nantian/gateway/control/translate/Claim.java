package dev.nantian.gateway.control.translate;

import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.protocol.config.v1.BackendTls;
import dev.nantian.gateway.protocol.config.v1.TrafficPolicy;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;

/** What an object wants of, or adds to, an object that it refers to. */
public sealed interface Claim {

  /** Nothing but to know its fact. */
  record Watches() implements Claim {}

  /** Of a reference that wants nothing more. */
  Watches WATCHES = new Watches();

  /**
   * A route would be attached to listeners of a Gateway or ListenerSet, which says in its fact
   * whether another route has precedence there ({@link Fact.ListenerFact#losers}).
   *
   * @param createdMillis the older route has precedence
   * @param listeners names, each with the route's hostnames there (empty text for every hostname)
   */
  record Attaches(long createdMillis, SortedMap<String, SortedSet<String>> listeners)
      implements Claim {}

  /**
   * A permitted reference uses these ports of a Service.
   *
   * @param gateways that the route is attached to
   */
  record UsesPorts(SortedSet<Integer> ports, SortedSet<ResourceKey> gateways) implements Claim {}

  /**
   * A ListenerSet would add listeners to a Gateway.
   *
   * @param createdMillis the older set has precedence
   * @param namespaceLabels of the set's namespace
   */
  record AddsListeners(
      long createdMillis, SortedMap<String, String> namespaceLabels, List<ListenerOffer> listeners)
      implements Claim {
    public AddsListeners {
      listeners = List.copyOf(listeners);
    }
  }

  /**
   * A BackendTLSPolicy says how a Service, or one of its ports, is spoken to.
   *
   * @param sections names of ports; empty stands for the whole Service
   * @param createdMillis of two policies for the same the older has precedence
   */
  record SecuresBackend(SortedSet<String> sections, long createdMillis, BackendTls tls)
      implements Claim {}

  /** A permitted reference uses a Secret as TLS certificate. */
  record UsesCertificate() implements Claim {}

  /** An entry of a ConfigMap or Secret is read as text. */
  record ReadsKey(String key) implements Claim {}

  /** A policy gives a Service its settings; of several the oldest one's are in force. */
  record SetsTraffic(long createdMillis, TrafficPolicy settings) implements Claim {}

  /** The endpoints of a slice belong to a Service. */
  record AddsEndpoints(EndpointSlice slice) implements Claim {}

  /** The grants of a ReferenceGrant belong to its namespace. */
  record AddsGrants(List<Fact.Grant> grants) implements Claim {
    public AddsGrants {
      grants = List.copyOf(grants);
    }
  }
}
