package dev.nantian.gateway.proxy.balance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.proxy.balance.BalancePolicy.Algorithm;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The bounds of disruption that docs/load-balancing.md states. */
class KeyTableTest {
  private static final int KEYS = 20_000;

  /**
   * How far a share that was measured with {@link #KEYS} random keys may lie from the true one: six
   * standard deviations of a share of one half, so that chance never fails a test.
   */
  private static final double SAMPLING = 6 * Math.sqrt(0.25 / KEYS);

  private static List<String> names(int count, long seed) {
    Random random = new Random(seed);
    return IntStream.range(0, count)
        .mapToObj(i -> "10." + random.nextInt(256) + "." + i / 250 + "." + i % 250 + ":8080")
        .toList();
  }

  private static int[] equal(int count) {
    int[] weights = new int[count];
    Arrays.fill(weights, 1);
    return weights;
  }

  private static String owner(KeyTable table, List<String> names, long key) {
    return names.get(table.member(table.slot(key)));
  }

  /** Counts of keys moved from the endpoint that left, and from others. */
  private record Moved(double ofLeaver, double ofOthers) {}

  private static Moved remove(BalancePolicy policy, List<String> names, int leaver) {
    List<String> rest = new ArrayList<>(names);
    String gone = rest.remove(leaver);
    KeyTable before = KeyTable.of(policy, names, equal(names.size()));
    KeyTable after = KeyTable.of(policy, rest, equal(rest.size()));
    SplittableRandom keys = new SplittableRandom(leaver);
    int ofLeaver = 0;
    int ofOthers = 0;
    for (int i = 0; i < KEYS; i++) {
      long key = keys.nextLong();
      String from = owner(before, names, key);
      if (from.equals(gone)) {
        ofLeaver++;
      } else if (!from.equals(owner(after, rest, key))) {
        ofOthers++;
      }
    }
    return new Moved((double) ofLeaver / KEYS, (double) ofOthers / KEYS);
  }

  @Property(tries = 150)
  void aRingMovesOnlyTheKeysOfTheEndpointThatLeft(
      @ForAll @IntRange(min = 2, max = 120) int count, @ForAll long seed) {
    // Given
    BalancePolicy policy = BalancePolicy.hashing(Algorithm.RING_HASH, new HashKey.Path());
    // When
    Moved moved = remove(policy, names(count, seed), new Random(seed).nextInt(count));
    // Then
    assertThat(moved.ofOthers()).isZero();
    assertThat(moved.ofLeaver()).isLessThanOrEqualTo(1.5 / count + SAMPLING);
  }

  @Property(tries = 60)
  void maglevMovesFewKeysOfOthers(
      @ForAll @IntRange(min = 2, max = 120) int count, @ForAll long seed) {
    // Given
    BalancePolicy policy = BalancePolicy.hashing(Algorithm.MAGLEV, new HashKey.Path());
    // When
    Moved moved = remove(policy, names(count, seed), new Random(seed).nextInt(count));
    // Then
    assertThat(moved.ofLeaver()).isLessThanOrEqualTo(1.0 / count + 0.005 + SAMPLING);
    assertThat(moved.ofOthers()).isLessThanOrEqualTo(0.05);
  }

  @Test
  void printDisruption() {
    for (int count : new int[] {2, 5, 10, 50, 100, 500}) {
      for (Algorithm algorithm : List.of(Algorithm.RING_HASH, Algorithm.MAGLEV)) {
        Moved moved =
            remove(
                BalancePolicy.hashing(algorithm, new HashKey.Path()), names(count, 3), count / 2);
        System.out.printf(
            "%s, one of %d leaves: %.2f %% of keys lose their endpoint (1/n = %.2f %%), %.2f %% of"
                + " keys move between others%n",
            algorithm, count, 100 * moved.ofLeaver(), 100.0 / count, 100 * moved.ofOthers());
        assertThat(moved.ofOthers()).isLessThanOrEqualTo(0.05);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Algorithm.class,
      names = {"RING_HASH", "MAGLEV"})
  void theOrderOfTheListDoesNotMatter(Algorithm algorithm) {
    // Given
    BalancePolicy policy = BalancePolicy.hashing(algorithm, new HashKey.Path());
    List<String> names = names(40, 5);
    List<String> shuffled = new ArrayList<>(names);
    Collections.shuffle(shuffled, new Random(1));
    KeyTable one = KeyTable.of(policy, names, equal(40));
    // When
    KeyTable other = KeyTable.of(policy, shuffled, equal(40));
    // Then
    SplittableRandom keys = new SplittableRandom(1);
    for (int i = 0; i < KEYS; i++) {
      long key = keys.nextLong();
      assertThat(owner(other, shuffled, key)).isEqualTo(owner(one, names, key));
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Algorithm.class,
      names = {"RING_HASH", "MAGLEV"})
  void keysOfAnUnusableMemberComeBack(Algorithm algorithm) {
    // Given
    TestMember[] members = TestMember.many(10);
    Balancer balancer = BalancerTest.balancer(BalancerTest.policy(algorithm), members, equal(10));
    SplittableRandom keys = new SplittableRandom(1);
    for (int i = 0; i < 1000; i++) {
      long key = keys.nextLong();
      int owner = balancer.pick(key, Balancer.NONE);
      int other = (owner + 1) % 10;
      members[other].usable = false;
      assertThat(balancer.pick(key, Balancer.NONE)).isEqualTo(owner);
      members[other].usable = true;
      members[owner].usable = false;
      int substitute = balancer.pick(key, Balancer.NONE);
      assertThat(substitute).isNotEqualTo(owner);
      assertThat(balancer.pick(key, Balancer.NONE)).isEqualTo(substitute);
      // When
      members[owner].usable = true;
      // Then
      assertThat(balancer.pick(key, Balancer.NONE)).isEqualTo(owner);
    }
  }
}
