package dev.nantian.gateway.proxy.xds;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;

class BackoffTest {
  private static final Backoff BACKOFF =
      new Backoff(Duration.ofMillis(100), Duration.ofSeconds(10));

  @Property
  void doublesUpToTheLongestWithHalfOfItByChance(
      @ForAll @IntRange(max = 1000) int attempt,
      @ForAll @DoubleRange(max = 1, maxIncluded = false) double chance) {
    // When
    long millis = BACKOFF.delay(attempt, chance).toMillis();
    // Then
    long whole = attempt > 6 ? 10_000 : Math.min(10_000, 100L << attempt);
    assertThat(millis).isBetween(whole / 2, whole);
  }
}
