package dev.nantian.gateway.control.translate;

import dev.nantian.gateway.control.address.AddressAssignment;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.control.xds.Programming;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;

/**
 * What a translation depends on beside the object.
 *
 * @param facts of every dependency
 * @param claims of every object that refers to this one
 * @param address what the address plan gave, for a Gateway
 * @param programming how far the published configuration has come, for a Gateway
 * @param published whether the object is in the configuration already
 */
public record Inputs(
    Map<ResourceKey, Fact> facts,
    SortedMap<ResourceKey, Claim> claims,
    Optional<AddressAssignment> address,
    Programming programming,
    boolean published) {

  <F extends Fact> F fact(ResourceKey key, Class<F> type) {
    Fact fact = facts.get(key);
    if (!type.isInstance(fact)) {
      throw new IllegalStateException(key + ": " + fact + " (expected a " + type.getName() + ")");
    }
    return type.cast(fact);
  }
}
