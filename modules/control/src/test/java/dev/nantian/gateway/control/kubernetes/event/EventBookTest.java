package dev.nantian.gateway.control.kubernetes.event;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.control.kubernetes.event.ConditionChanges.Change;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class EventBookTest {
  private static final Change BAD = new Change(true, "Invalid", "port 0");
  private final EventBook book = new EventBook("t");

  @Test
  void whatIsSaidAgainCountsUpTheSameEvent() {
    EventBook.Entry first = book.say("cart", "uid", BAD, 0).orElseThrow();

    EventBook.Entry second = book.say("cart", "uid", BAD, minutes(5)).orElseThrow();

    assertThat(first.count()).isEqualTo(1);
    assertThat(second).isEqualTo(new EventBook.Entry(first.event(), 2));
  }

  @Test
  void afterAWhileItIsANewEvent() {
    EventBook.Entry first = book.say("cart", "uid", BAD, 0).orElseThrow();

    EventBook.Entry second = book.say("cart", "uid", BAD, minutes(7)).orElseThrow();

    assertThat(second.count()).isEqualTo(1);
    assertThat(second.event()).isNotEqualTo(first.event());
  }

  @Test
  void anObjectThatCausesTooManyIsPassedOverForAWhileAndOthersAreNot() {
    for (int i = 0; i < 25; i++) {
      assertThat(book.say("cart", "uid", new Change(true, "Invalid", "port " + i), 0)).isPresent();
    }

    assertThat(book.say("cart", "uid", BAD, 0).isPresent()).isTrue();
    assertThat(book.say("cart", "uid", new Change(true, "Invalid", "one more"), 0)).isEmpty();
    assertThat(book.say("other", "uid-2", BAD, 0)).isPresent();
    assertThat(book.say("cart", "uid", new Change(true, "Invalid", "one more"), minutes(2)))
        .isPresent();
  }

  private static long minutes(int minutes) {
    return Duration.ofMinutes(minutes).toNanos();
  }
}
