package dev.nantian.gateway.proxy.balance;

import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/**
 * How endpoints of a cluster are chosen.
 *
 * @param key what of a request is hashed; null for the algorithms that hash nothing
 * @param pointsPerMember of the ring, for the lightest member
 * @param tableSize slots of the Maglev table, a prime
 * @param slowStart for newcomers; no effect on the hashing algorithms
 */
public record BalancePolicy(
    Algorithm algorithm,
    @Nullable HashKey key,
    int pointsPerMember,
    int tableSize,
    SlowStart slowStart) {
  /** 200 points keep every share below 1.5 of the average. */
  public static final int DEFAULT_POINTS = 200;

  /** Table of Maglev: the paper's small size, within 1 % up to some 600 members. */
  public static final int DEFAULT_TABLE_SIZE = 65_537;

  private static final int MAX_TABLE_SIZE = 5_000_011;
  private static final int MAX_POINTS = 10_000;

  /** Power of two choices, no slow start. */
  public static final BalancePolicy DEFAULT = of(Algorithm.TWO_CHOICES);

  /** The ways to choose. */
  public enum Algorithm {
    TWO_CHOICES,
    ROUND_ROBIN,
    LEAST_REQUEST,
    RANDOM,
    RING_HASH,
    MAGLEV;

    /** True if the choice depends on a key of the request. */
    public boolean isHashing() {
      return this == RING_HASH || this == MAGLEV;
    }
  }

  public BalancePolicy {
    if (algorithm.isHashing() != (key != null)) {
      throw new IllegalArgumentException(
          algorithm
              + ": "
              + (key == null ? "no hash key (expected one)" : key + " (expected none)"));
    }
    if (pointsPerMember < 1 || pointsPerMember > MAX_POINTS) {
      throw new IllegalArgumentException(
          "pointsPerMember: " + pointsPerMember + " (expected 1 to " + MAX_POINTS + ")");
    }
    if (tableSize < 3
        || tableSize > MAX_TABLE_SIZE
        || !BigInteger.valueOf(tableSize).isProbablePrime(30)) {
      throw new IllegalArgumentException(
          "tableSize: " + tableSize + " (expected a prime up to " + MAX_TABLE_SIZE + ")");
    }
  }

  /** A policy without a key. */
  public static BalancePolicy of(Algorithm algorithm) {
    return new BalancePolicy(algorithm, null, DEFAULT_POINTS, DEFAULT_TABLE_SIZE, SlowStart.OFF);
  }

  /** A policy that hashes a key. */
  public static BalancePolicy hashing(Algorithm algorithm, HashKey key) {
    return new BalancePolicy(algorithm, key, DEFAULT_POINTS, DEFAULT_TABLE_SIZE, SlowStart.OFF);
  }

  /** The same with a slow start. */
  public BalancePolicy with(SlowStart start) {
    return new BalancePolicy(algorithm, key, pointsPerMember, tableSize, start);
  }
}
