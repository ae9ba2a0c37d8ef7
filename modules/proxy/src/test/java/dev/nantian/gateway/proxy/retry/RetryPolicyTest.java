package dev.nantian.gateway.proxy.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class RetryPolicyTest {
  @Property
  void thePauseIsNeverShorterThanTheBackoff(
      @ForAll @IntRange(min = 1, max = 10_000) int backoff,
      @ForAll @IntRange(min = 1, max = 40) int number,
      @ForAll long seed) {
    // Given
    RetryPolicy policy = new RetryPolicy(50, Set.of(), backoff, true);
    // When
    long delay = policy.delayMillis(number, new SplittableRandom(seed));
    // Then
    long least = (long) backoff << Math.min(number - 1, 5);
    assertThat(delay).isBetween(least, least + least / 2);
  }

  @Test
  void statusesAreChecked() {
    assertThatThrownBy(() -> new RetryPolicy(1, Set.of(200), 0, true))
        .hasMessage("status 200 (expected 400 to 599)");
    assertThat(new RetryPolicy(1, Set.of(503), 0, true).retriesStatus(503)).isTrue();
    assertThat(new RetryPolicy(1, Set.of(503), 0, true).retriesStatus(500)).isFalse();
  }
}
