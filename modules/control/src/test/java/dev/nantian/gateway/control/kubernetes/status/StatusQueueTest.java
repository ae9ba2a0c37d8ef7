package dev.nantian.gateway.control.kubernetes.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class StatusQueueTest {
  private static final long MILLI = 1_000_000;
  private static final ResourceKey A = new ResourceKey(Kind.GATEWAY, "shop", "a");
  private static final ResourceKey B = new ResourceKey(Kind.GATEWAY, "shop", "b");

  private final StatusQueue queue =
      new StatusQueue(Duration.ofMillis(200), Duration.ofMillis(1500));

  @Test
  void theFirstChangeIsDueAtOnceAndInOrder() {
    queue.add(B, false, 0);
    queue.add(A, false, 0);

    assertThat(queue.take(16, 0)).containsExactly(B, A);
    assertThat(queue.isEmpty()).isTrue();
  }

  @Test
  void aThousandChangesAfterAWriteAreOneWriteMore() {
    queue.written(A, 0);
    for (int i = 1; i <= 1000; i++) {
      queue.add(A, false, i * MILLI / 10);
    }

    assertThat(queue.take(16, 199 * MILLI)).isEmpty();
    assertThat(queue.take(16, 200 * MILLI)).containsExactly(A);
    assertThat(queue.take(16, 1000 * MILLI)).isEmpty();
  }

  @Test
  void whatIsPassingIsHeldUntilSomethingBetterComes() {
    queue.add(A, true, 0);
    queue.add(A, false, 300 * MILLI);

    assertThat(queue.take(16, 300 * MILLI)).containsExactly(A);
  }

  @Test
  void whatIsPassingIsHeldNoLongerThanItsPatienceHoweverOftenItChanges() {
    queue.add(A, true, 0);
    queue.add(A, true, 1000 * MILLI);

    assertThat(queue.take(16, 1499 * MILLI)).isEmpty();
    assertThat(queue.take(16, 1500 * MILLI)).containsExactly(A);
  }

  @Test
  void afterATakeoverWhatIsPassingWaitsForTheProxies() {
    queue.add(A, true, 0);

    queue.takeOver(Duration.ofSeconds(5), 10_000 * MILLI);
    queue.add(A, true, 10_000 * MILLI);
    queue.add(B, false, 10_000 * MILLI);

    assertThat(queue.take(16, 14_999 * MILLI)).containsExactly(B);
    assertThat(queue.take(16, 15_000 * MILLI)).containsExactly(A);
  }

  @Test
  void noMoreAreTakenThanAskedFor() {
    queue.add(A, false, 0);
    queue.add(B, false, 0);

    assertThat(queue.take(1, 0)).containsExactly(A);
    assertThat(queue.take(1, 0)).containsExactly(B);
  }
}
