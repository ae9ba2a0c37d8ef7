package dev.nantian.gateway.control.translate;

import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.util.List;
import java.util.SortedSet;

/** What an object wants of, or adds to, an object that it refers to. */
public sealed interface Claim {

  /** Nothing but to know its fact. */
  record Watches() implements Claim {}

  /** Of a reference that wants nothing more. */
  Watches WATCHES = new Watches();

  /** A route is attached to these listeners of a Gateway. */
  record Attaches(SortedSet<String> listeners) implements Claim {}

  /** A permitted reference uses these ports of a Service. */
  record UsesPorts(SortedSet<Integer> ports) implements Claim {}

  /** A permitted reference uses a Secret as TLS certificate. */
  record UsesCertificate() implements Claim {}

  /** The endpoints of a slice belong to a Service. */
  record AddsEndpoints(EndpointSlice slice) implements Claim {}

  /** The grants of a ReferenceGrant belong to its namespace. */
  record AddsGrants(List<Fact.Grant> grants) implements Claim {
    public AddsGrants {
      grants = List.copyOf(grants);
    }
  }
}
