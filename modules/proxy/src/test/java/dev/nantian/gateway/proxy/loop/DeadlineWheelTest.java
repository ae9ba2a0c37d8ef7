package dev.nantian.gateway.proxy.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** Time moves only when the test says so, for the loop and for the wheel alike. */
class DeadlineWheelTest {
  private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);

  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final List<String> fired = new ArrayList<>();
  private long now;
  private DeadlineWheel wheel;

  DeadlineWheelTest() {
    channel.freezeTime();
    wheel = startAt(0);
  }

  private DeadlineWheel startAt(long nanos) {
    now = nanos;
    wheel = new DeadlineWheel(channel.eventLoop(), () -> now);
    return wheel;
  }

  private void pass(long millis) {
    for (long i = 0; i < millis; i++) {
      jump(1);
    }
  }

  private void jump(long millis) {
    now += millis * MILLI;
    channel.advanceTimeBy(millis, TimeUnit.MILLISECONDS);
    channel.runScheduledPendingTasks();
  }

  private DeadlineWheel.Entry entry(String name) {
    return entry(() -> fired.add(name));
  }

  private static DeadlineWheel.Entry entry(Runnable action) {
    return new DeadlineWheel.Entry() {
      @Override
      protected void onDeadline() {
        action.run();
      }
    };
  }

  @Test
  void isNeverEarlyAndAtMostTwoTicksLate() {
    wheel.arm(entry("a"), 100);
    pass(99);
    assertThat(fired).isEmpty();

    pass(21);

    assertThat(fired).containsExactly("a");
  }

  @Test
  void sparesWhatCameWhileTheLoopWasHeldUp() {
    DeadlineWheel.Entry met = entry("met");
    wheel.arm(met, 100);
    wheel.arm(entry("missed"), 100);
    jump(5_000); // the turn is late, and no socket was looked at meanwhile
    wheel.disarm(met);

    pass(21);

    assertThat(fired).containsExactly("missed");
  }

  @Test
  void meetsDeadlinesInALoopThatIsAlwaysLate() {
    wheel.arm(entry("a"), 100);

    jump(500);
    jump(500);

    assertThat(fired).containsExactly("a");
  }

  @Test
  void firesOnceOnly() {
    DeadlineWheel.Entry entry = entry("a");
    wheel.arm(entry, 10);

    pass(30_000);

    assertThat(fired).containsExactly("a");
    assertThat(entry.isArmed()).isFalse();
  }

  @Test
  void movesADeadlineToLater() {
    DeadlineWheel.Entry entry = entry("a");
    wheel.arm(entry, 50);
    pass(40);
    wheel.arm(entry, 50);
    pass(49);
    assertThat(fired).isEmpty();

    pass(21);

    assertThat(fired).containsExactly("a");
  }

  @Test
  void movesADeadlineToEarlier() {
    DeadlineWheel.Entry entry = entry("a");
    wheel.arm(entry, 60_000);
    wheel.arm(entry, 20);

    pass(41);

    assertThat(fired).containsExactly("a");
  }

  @Test
  void dropsDeadlines() {
    DeadlineWheel.Entry disarmed = entry("disarmed");
    DeadlineWheel.Entry removed = entry("removed");
    wheel.arm(disarmed, 20);
    wheel.arm(removed, 20);
    wheel.disarm(disarmed);
    wheel.remove(removed);

    pass(100);

    assertThat(fired).isEmpty();
  }

  @Test
  void armsAgainAfterDropping() {
    DeadlineWheel.Entry entry = entry("a");
    wheel.arm(entry, 200);
    wheel.disarm(entry);
    wheel.arm(entry, 30);

    pass(51);

    assertThat(fired).containsExactly("a");
  }

  @Test
  void keepsDeadlinesOfManyTurns() {
    wheel.arm(entry("a"), 35_000);
    jump(34_999);
    assertThat(fired).isEmpty();

    pass(21);

    assertThat(fired).containsExactly("a");
  }

  @Test
  void catchesUpAfterAStallOfMoreThanATurn() {
    wheel.arm(entry("a"), 20);
    wheel.arm(entry("b"), 9_000);
    wheel.arm(entry("c"), 40_000);

    jump(25_000);
    pass(10); // sockets come first after a stall

    assertThat(fired).containsExactly("a", "b");
  }

  @Test
  void startsAgainAfterItStoodStill() {
    wheel.arm(entry("a"), 10);
    pass(100);
    jump(1_000_000);
    wheel.arm(entry("b"), 10);
    pass(9);
    assertThat(fired).containsExactly("a");

    pass(21);

    assertThat(fired).containsExactly("a", "b");
  }

  @Test
  void aDeadlineMayArmAndDropOthers() {
    DeadlineWheel.Entry dropped = entry("dropped");
    DeadlineWheel.Entry moved = entry("moved");
    wheel.arm(
        entry(
            () -> {
              wheel.remove(dropped);
              wheel.arm(moved, 100);
              wheel.arm(entry("new"), 0);
            }),
        50);
    wheel.arm(dropped, 80);
    wheel.arm(moved, 80);
    pass(110);
    assertThat(fired).containsExactly("new");

    pass(120);

    assertThat(fired).containsExactly("new", "moved");
  }

  @Test
  void goesOnAfterADeadlineThatThrows() {
    wheel.arm(
        entry(
            () -> {
              throw new IllegalStateException("thrown on purpose");
            }),
        10);
    wheel.arm(entry("same tick"), 10);
    wheel.arm(entry("later"), 100);

    pass(130);

    assertThat(fired).containsExactlyInAnyOrder("same tick", "later");
  }

  @Test
  void worksWhereTheClockIsNegativeAndPassesZero() {
    startAt(-35 * MILLI);
    wheel.arm(entry("a"), 20);
    wheel.arm(entry("b"), 50);
    pass(19);
    assertThat(fired).isEmpty();

    pass(52);

    assertThat(fired).containsExactly("a", "b");
  }

  /** Against the obvious model: a deadline for each entry, the last one set counts. */
  @Property(tries = 300)
  void keepsToItsContractUnderAnyUse(@ForAll long seed) {
    Random random = new Random(seed);
    startAt(random.nextLong() >> 8);
    int count = 8;
    long[] deadlines = new long[count];
    DeadlineWheel.Entry[] entries = new DeadlineWheel.Entry[count];
    for (int i = 0; i < count; i++) {
      int index = i;
      deadlines[i] = Long.MAX_VALUE;
      entries[i] =
          entry(
              () -> {
                assertThat(now).isGreaterThanOrEqualTo(deadlines[index]);
                deadlines[index] = Long.MAX_VALUE;
              });
    }
    for (int step = 0; step < 200; step++) {
      int index = random.nextInt(count);
      switch (random.nextInt(4)) {
        case 0 -> {
          long millis = random.nextInt(random.nextBoolean() ? 50 : 30_000);
          deadlines[index] = now + millis * MILLI;
          wheel.arm(entries[index], millis);
        }
        case 1 -> {
          deadlines[index] = Long.MAX_VALUE;
          if (random.nextBoolean()) {
            wheel.disarm(entries[index]);
          } else {
            wheel.remove(entries[index]);
          }
        }
        case 2 -> jump(random.nextInt(20_000));
        default -> pass(random.nextInt(30));
      }
      for (int i = 0; i < count; i++) {
        assertThat(entries[i].isArmed()).isEqualTo(deadlines[i] != Long.MAX_VALUE);
      }
    }
    jump(30_000);
    pass(21);
    assertThat(entries).noneMatch(DeadlineWheel.Entry::isArmed);
  }
}
