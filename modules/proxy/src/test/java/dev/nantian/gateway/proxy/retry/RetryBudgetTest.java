package dev.nantian.gateway.proxy.retry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class RetryBudgetTest {
  private static final long SECOND = 1_000_000_000;

  @Test
  void aShareOfTheRequestsMayBeTriedAgain() {
    RetryBudget budget = new RetryBudget(new BudgetPolicy(20, 0, 10_000), 1);
    for (int i = 0; i < 100; i++) {
      budget.request(SECOND);
    }

    int allowed = 0;
    while (budget.tryRetry(2 * SECOND)) {
      allowed++;
    }

    assertThat(allowed).isEqualTo(20);
  }

  @Test
  void aFewMayBeWhateverTheShare() {
    RetryBudget budget = new RetryBudget(new BudgetPolicy(0, 3, 2_000), 2);

    int allowed = 0;
    while (budget.tryRetry(-5 * SECOND)) {
      allowed++;
    }

    assertThat(allowed).as("3 a second for 2 s, shared by 2 loops").isEqualTo(3);
  }

  @Test
  void whatIsLongAgoDoesNotCount() {
    RetryBudget budget = new RetryBudget(new BudgetPolicy(0, 1, 1_000), 1);
    assertThat(budget.tryRetry(0)).isTrue();
    assertThat(budget.tryRetry(SECOND - 1)).isFalse();

    assertThat(budget.tryRetry(SECOND)).isTrue();
  }

  /** Against the definition: at any time, retries of the interval never exceed the allowance. */
  @Property(tries = 200)
  void neverMoreThanTheAllowance(
      @ForAll @IntRange(min = 0, max = 100) int percent,
      @ForAll @Size(max = 300) List<@IntRange(min = 0, max = 2_000) Integer> pausesMillis) {
    // Given
    RetryBudget budget = new RetryBudget(new BudgetPolicy(percent, 1, 5_000), 1);
    ArrayDeque<Long> requests = new ArrayDeque<>();
    ArrayDeque<Long> retries = new ArrayDeque<>();
    long now = 0;
    for (int pause : pausesMillis) {
      now += pause * 1_000_000L;
      budget.request(now);
      requests.add(now);
      // When
      if (budget.tryRetry(now)) {
        retries.add(now);
      }
      // Then
      long from = now - 4_500_000_000L; // nine whole slots are surely counted
      long longFrom = now - 9_500_000_000L; // what allowed the oldest of them
      long recentRetries = retries.stream().filter(at -> at > from).count();
      long recentRequests = requests.stream().filter(at -> at > longFrom).count();
      assertThat(recentRetries).isLessThanOrEqualTo(Math.max(5, recentRequests * percent / 100));
    }
  }
}
