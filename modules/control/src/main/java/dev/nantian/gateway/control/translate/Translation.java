package dev.nantian.gateway.control.translate;

import com.google.protobuf.Message;
import dev.nantian.gateway.control.address.AddressClaim;
import dev.nantian.gateway.control.snapshot.ResourceId;
import dev.nantian.gateway.control.source.ResourceKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * All that follows from one object and what it refers to.
 *
 * @param fact what dependants may know
 * @param claims by the object referred to; every dependency has one
 * @param ready whether everything that {@code resources} needs is in the configuration already. If
 *     not, what was published before stays until it is.
 * @param resources the object's part of the configuration
 * @param addressClaim of a Gateway that needs addresses
 * @param status the object's status in the structure of its API, without transition times; empty if
 *     the object is not ours to write to, or its kind has no status of ours
 */
public record Translation(
    Fact fact,
    Map<ResourceKey, Claim> claims,
    boolean ready,
    Map<ResourceId, Message> resources,
    Optional<AddressClaim> addressClaim,
    Optional<Object> status,
    List<Problem> problems) {

  public Translation {
    claims = Map.copyOf(claims);
    resources = Map.copyOf(resources);
    problems = List.copyOf(problems);
  }

  /** Nothing follows but a fact. */
  static Translation of(Fact fact) {
    return new Builder().fact(fact).build();
  }

  /** Collects a translation's parts. */
  static final class Builder {
    private Fact fact = Fact.NONE;
    private final Map<ResourceKey, Claim> claims = new TreeMap<>();
    private boolean ready = true;
    private final Map<ResourceId, Message> resources = new TreeMap<>();
    private Optional<AddressClaim> addressClaim = Optional.empty();
    private Optional<Object> status = Optional.empty();
    private final List<Problem> problems = new ArrayList<>();

    Builder fact(Fact fact) {
      this.fact = fact;
      return this;
    }

    Builder claim(ResourceKey key, Claim claim) {
      claims.put(key, claim);
      return this;
    }

    Builder waitUnless(boolean condition) {
      ready &= condition;
      return this;
    }

    Builder resource(ResourceId id, Message message) {
      resources.put(id, message);
      return this;
    }

    Builder addressClaim(AddressClaim claim) {
      addressClaim = Optional.of(claim);
      return this;
    }

    Builder status(Object status) {
      this.status = Optional.of(status);
      return this;
    }

    Builder problem(Problem problem) {
      problems.add(problem);
      return this;
    }

    Builder problems(List<Problem> more) {
      problems.addAll(more);
      return this;
    }

    Translation build() {
      return new Translation(fact, claims, ready, resources, addressClaim, status, problems);
    }
  }
}
