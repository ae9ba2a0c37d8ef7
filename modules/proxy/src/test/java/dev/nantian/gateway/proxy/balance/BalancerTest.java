package dev.nantian.gateway.proxy.balance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.nantian.gateway.proxy.balance.BalancePolicy.Algorithm;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BalancerTest {
  private static final int PICKS = 100_000;

  static Balancer balancer(BalancePolicy policy, Member[] members, int[] weights) {
    List<String> names =
        IntStream.range(0, members.length).mapToObj(i -> "10.0.0." + i + ":80").toList();
    return Balancer.of(
        policy, members, weights, KeyTable.of(policy, names, weights), new SplittableRandom(42));
  }

  static BalancePolicy policy(Algorithm algorithm) {
    return algorithm.isHashing()
        ? BalancePolicy.hashing(algorithm, new HashKey.Path())
        : BalancePolicy.of(algorithm);
  }

  /** Shares of idle members over many picks of different keys. */
  private static double[] shares(Balancer balancer, int count) {
    SplittableRandom keys = new SplittableRandom(7);
    double[] shares = new double[count];
    for (int i = 0; i < PICKS; i++) {
      shares[balancer.pick(keys.nextLong(), Balancer.NONE)] += 1.0 / PICKS;
    }
    return shares;
  }

  @ParameterizedTest
  @EnumSource(Algorithm.class)
  void idleMembersShareByWeight(Algorithm algorithm) {
    // Given
    int[] weights = {1, 2, 3, 4};
    // When
    double[] shares = shares(balancer(policy(algorithm), TestMember.many(4), weights), 4);
    // Then
    if (algorithm == Algorithm.LEAST_REQUEST) {
      // With nothing outstanding anywhere all are equal, whatever their weight.
      assertThat(shares).containsExactly(new double[] {.25, .25, .25, .25}, within(0.01));
    } else {
      assertThat(shares).containsExactly(new double[] {.1, .2, .3, .4}, within(0.03));
    }
  }

  @ParameterizedTest
  @EnumSource(Algorithm.class)
  void equalMembersShareEqually(Algorithm algorithm) {
    // Given
    int[] weights = new int[20];
    Arrays.fill(weights, 5);
    // When
    double[] shares = shares(balancer(policy(algorithm), TestMember.many(20), weights), 20);
    // Then
    for (double share : shares) {
      assertThat(share).isBetween(0.05 * 0.7, 0.05 * 1.5);
    }
  }

  @Property(tries = 500)
  void aPickIsEligibleWheneverOneIs(
      @ForAll Algorithm algorithm,
      @ForAll @Size(min = 1, max = 12) List<@IntRange(min = 0, max = 1) Integer> usable,
      @ForAll @Size(12) List<@IntRange(min = 1, max = 1000) Integer> weights,
      @ForAll @IntRange(min = -1, max = 11) int except,
      @ForAll long key) {
    // Given
    TestMember[] members = TestMember.many(usable.size());
    boolean any = false;
    for (int i = 0; i < members.length; i++) {
      members[i].usable = usable.get(i) == 1;
      any |= members[i].usable && i != except;
    }
    Balancer balancer =
        balancer(
            policy(algorithm),
            members,
            weights.stream().limit(members.length).mapToInt(Integer::intValue).toArray());
    for (int round = 0; round < 5; round++) {
      // When
      int index = balancer.pick(key, except);
      // Then
      if (any) {
        assertThat(index).isNotNegative().isNotEqualTo(except);
        assertThat(members[index].usable).isTrue();
      } else {
        assertThat(index).isEqualTo(Balancer.NONE);
      }
    }
  }

  @Property(tries = 200)
  void leastRequestIsTheExactMinimumUnderAnyHistory(
      @ForAll @Size(min = 2, max = 9) List<@IntRange(min = 1, max = 9) Integer> weightList,
      @ForAll long seed) {
    // Given
    TestMember[] members = TestMember.many(weightList.size());
    int[] weights = weightList.stream().mapToInt(Integer::intValue).toArray();
    Balancer balancer = balancer(policy(Algorithm.LEAST_REQUEST), members, weights);
    SplittableRandom random = new SplittableRandom(seed);
    for (int step = 0; step < 300; step++) {
      int touched = random.nextInt(members.length);
      switch (random.nextInt(4)) {
        case 0 -> members[touched].usable = false;
        case 1 -> members[touched].usable = true;
        default -> {
          if (members[touched].outstanding > 0) {
            members[touched].outstanding--;
            balancer.loadChanged(touched);
          }
        }
      }
      for (int settle = 0; settle < members.length; settle++) {
        balancer.pick(0, Balancer.NONE); // each looks at one that was unusable
      }
      // When
      int index = balancer.pick(0, Balancer.NONE);
      // Then
      if (index == Balancer.NONE) {
        assertThat(members).noneMatch(member -> member.usable);
        continue;
      }
      for (int other = 0; other < members.length; other++) {
        if (members[other].usable) {
          assertThat(members[index].outstanding * weights[other])
              .isLessThanOrEqualTo(members[other].outstanding * weights[index]);
        }
      }
      members[index].outstanding++;
      balancer.loadChanged(index);
    }
  }

  @Test
  void twoChoicesKeepQueuesShortWhereRandomDoesNot() {
    // Given
    int count = 100;
    int[] weights = new int[count];
    Arrays.fill(weights, 1);
    TestMember[] two = TestMember.many(count);
    TestMember[] one = TestMember.many(count);
    Balancer choices = balancer(policy(Algorithm.TWO_CHOICES), two, weights);
    Balancer random = balancer(policy(Algorithm.RANDOM), one, weights);
    // When
    for (int i = 0; i < count * 50; i++) {
      two[choices.pick(0, Balancer.NONE)].outstanding++;
      one[random.pick(0, Balancer.NONE)].outstanding++;
    }
    // Then
    int longestOfTwo = Arrays.stream(two).mapToInt(Member::outstanding).max().orElseThrow();
    int longestOfOne = Arrays.stream(one).mapToInt(Member::outstanding).max().orElseThrow();
    System.out.println(
        "5,000 requests held by 100 endpoints (50 each): longest queue two choices="
            + longestOfTwo
            + " random="
            + longestOfOne);
    assertThat(longestOfTwo).isLessThanOrEqualTo(54).isLessThan(longestOfOne);
  }

  @Test
  void twoChoicesUnderLoadFillByWeight() {
    // Given
    TestMember[] members = TestMember.many(3);
    int[] weights = {1, 1, 8};
    Balancer balancer = balancer(policy(Algorithm.TWO_CHOICES), members, weights);
    // When
    for (int i = 0; i < 1000; i++) {
      members[balancer.pick(0, Balancer.NONE)].outstanding++;
    }
    // Then
    assertThat(members[2].outstanding).isBetween(760, 840);
  }

  @Property(tries = 200)
  void weightedRoundRobinIsSmooth(
      @ForAll @Size(min = 2, max = 8) List<@IntRange(min = 1, max = 20) Integer> weightList) {
    // Given
    int[] weights = weightList.stream().mapToInt(Integer::intValue).toArray();
    int sum = IntStream.of(weights).sum();
    WeightedRoundRobin balancer =
        new WeightedRoundRobin(TestMember.many(weights.length), weights, new SplittableRandom(1));
    int[] picked = new int[weights.length];
    for (int round = 1; round <= 3 * sum; round++) {
      // When
      picked[balancer.pick(0, Balancer.NONE)]++;
      // Then
      for (int i = 0; i < weights.length; i++) {
        double due = (double) round * weights[i] / sum;
        assertThat(Math.abs(picked[i] - due)).isLessThanOrEqualTo(2);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Algorithm.class,
      names = {"TWO_CHOICES", "RANDOM", "ROUND_ROBIN"})
  void aNewcomerGetsAPartOfItsShare(Algorithm algorithm) {
    // Given
    TestMember[] members = TestMember.many(10);
    members[3].rampPercent = 10;
    int[] weights = new int[10];
    Arrays.fill(weights, 1);
    // When
    double[] shares =
        shares(
            balancer(BalancePolicy.of(algorithm).with(new SlowStart(30_000, 10)), members, weights),
            10);
    // Then
    assertThat(shares[3]).isBetween(0.005, 0.02);
  }

  @Test
  void slowStartGrowsInALine() {
    SlowStart start = new SlowStart(10_000, 10);
    assertThat(start.percent(0)).isEqualTo(10);
    assertThat(start.percent(5_000_000_000L)).isEqualTo(55);
    assertThat(start.percent(10_000_000_000L)).isEqualTo(100);
    assertThat(SlowStart.OFF.percent(0)).isEqualTo(100);
  }
}
