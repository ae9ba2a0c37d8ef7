package dev.nantian.gateway.control.kubernetes.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.random.RandomGenerator;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class BackoffTest {
  private static final Duration FIRST = Duration.ofMillis(200);
  private static final Duration LONGEST = Duration.ofSeconds(5);

  @Property(tries = 200)
  void everyWaitIsInTheUpperHalfOfItsStep(@ForAll @IntRange(min = 0, max = 100) int failures) {
    Backoff backoff = new Backoff(FIRST, LONGEST, RandomGenerator.getDefault());
    for (int i = 0; i < failures; i++) {
      backoff.next();
    }

    Duration wait = backoff.next();

    long step = Math.min(LONGEST.toMillis(), FIRST.toMillis() << Math.min(failures, 20));
    assertThat(wait.toMillis()).isBetween(step / 2, step);
  }

  @Property(tries = 20)
  void successBeginsAnew(@ForAll @IntRange(min = 1, max = 50) int failures) {
    Backoff backoff = new Backoff(FIRST, LONGEST, RandomGenerator.getDefault());
    for (int i = 0; i < failures; i++) {
      backoff.next();
    }

    backoff.reset();

    assertThat(backoff.next()).isLessThanOrEqualTo(FIRST);
  }
}
