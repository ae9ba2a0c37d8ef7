package dev.nantian.gateway.control.translate;

import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.protocol.config.v1.BackendTls;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Which BackendTLSPolicy holds for each port of a Service: one that names the port before one that
 * names the Service, then the older, then the first by name (GEP-1897, "Conflict resolution").
 */
final class BackendPolicies {
  private static final String WHOLE = "";

  private final Map<String, BackendTls> bySection = new HashMap<>();
  private final TreeSet<ResourceKey> overruled = new TreeSet<>();
  private final TreeSet<ResourceKey> gateways = new TreeSet<>();
  private final boolean any;

  BackendPolicies(Inputs inputs) {
    List<Map.Entry<ResourceKey, Claim>> policies =
        inputs.claims().entrySet().stream()
            .filter(claim -> claim.getValue() instanceof Claim.SecuresBackend)
            .sorted(
                Comparator.<Map.Entry<ResourceKey, Claim>>comparingLong(
                        claim -> ((Claim.SecuresBackend) claim.getValue()).createdMillis())
                    .thenComparing(Map.Entry::getKey))
            .toList();
    any = !policies.isEmpty();
    for (Map.Entry<ResourceKey, Claim> policy : policies) {
      Claim.SecuresBackend claim = (Claim.SecuresBackend) policy.getValue();
      boolean holds = false;
      for (String section : claim.sections()) {
        holds |= bySection.putIfAbsent(section, claim.tls()) == null;
      }
      if (!holds) {
        overruled.add(policy.getKey());
      }
    }
    if (any) {
      inputs
          .claims()
          .values()
          .forEach(
              claim -> {
                if (claim instanceof Claim.UsesPorts(var _, var users)) {
                  gateways.addAll(users);
                }
              });
    }
  }

  /**
   * @param port name of the port; empty for the one without a name
   */
  Optional<BackendTls> of(String port) {
    BackendTls own = port.isEmpty() ? null : bySection.get(port);
    return Optional.ofNullable(own == null ? bySection.get(WHOLE) : own);
  }

  Fact.PoliciesFact fact() {
    return any ? new Fact.PoliciesFact(gateways, overruled) : Fact.PoliciesFact.NONE;
  }
}
