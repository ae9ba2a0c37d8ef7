package dev.nantian.gateway.filters.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class TokenBucketsTest {
  @Property
  void neverGrantsMoreThanBurstAndRateAllowInAnyInterval(
      @ForAll @Size(max = 60) List<@IntRange(max = 500) Integer> gaps,
      @ForAll @IntRange(min = 1, max = 100) int interval,
      @ForAll @IntRange(min = 1, max = 10) int burst) {
    TokenBuckets buckets = new TokenBuckets(interval, burst, 10);
    List<Long> granted = new ArrayList<>();
    long now = 1_000_000;
    for (int gap : gaps) {
      now += gap;
      if (buckets.take("k", now).granted()) {
        granted.add(now);
      }
    }

    for (int i = 0; i < granted.size(); i++) {
      for (int j = i; j < granted.size(); j++) {
        long span = granted.get(j) - granted.get(i);
        assertThat(j - i + 1L).isLessThanOrEqualTo(burst + span / interval);
      }
    }
  }

  @Test
  void aRefusedOneIsGrantedAfterTheTimeItWasTold() {
    TokenBuckets buckets = new TokenBuckets(100, 2, 10);
    buckets.take("k", 0);
    buckets.take("k", 0);

    TokenBuckets.Take refused = buckets.take("k", 30);

    assertThat(refused.granted()).isFalse();
    assertThat(buckets.take("k", 30 + refused.waitNanos() - 1).granted()).isFalse();
    assertThat(buckets.take("k", 30 + refused.waitNanos()).granted()).isTrue();
  }

  @Test
  void isExactWhenThreadsTakeTogetherAndBucketsAreForgottenMeanwhile() throws Exception {
    TokenBuckets buckets = new TokenBuckets(1_000_000_000_000L, 1000, 2);
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Future<Integer>> takers = new ArrayList<>();
      for (int t = 0; t < 4; t++) {
        takers.add(
            threads.submit(
                () -> {
                  int granted = 0;
                  for (int i = 0; i < 1000; i++) {
                    granted += buckets.take("k", 5).granted() ? 1 : 0;
                    buckets.forgetFull(0);
                  }
                  return granted;
                }));
      }
      int granted = 0;
      for (Future<Integer> taker : takers) {
        granted += taker.get();
      }

      assertThat(granted).isEqualTo(1000);
    }
  }

  @Test
  void keysBeyondTheMaximumShareABucket() {
    TokenBuckets buckets = new TokenBuckets(1_000_000_000L, 1, 1);

    assertThat(buckets.take("a", 0).granted()).isTrue();
    assertThat(buckets.take("b", 0).granted()).isTrue();
    assertThat(buckets.take("c", 0).granted()).isFalse();
    assertThat(buckets.size()).isEqualTo(1);
  }
}
