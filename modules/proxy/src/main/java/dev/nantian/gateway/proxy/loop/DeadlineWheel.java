package dev.nantian.gateway.proxy.loop;

import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deadlines of one event loop, in a hashed wheel of 10 ms ticks.
 *
 * <p>Nearly every deadline is moved or dropped before it is due. So moving one to later only writes
 * a field: the entry stays where it is and is put right when the wheel passes it. The wheel turns
 * only while it holds entries.
 *
 * <p>A loop that was held up (no CPU, a stopped process) looks at its sockets once more before a
 * deadline is met: what was waited for may have come long ago.
 *
 * <p>Used on its loop's thread only. A deadline is met 0 to 20 ms late, never early; 10 ms later
 * after the loop was held up.
 */
public final class DeadlineWheel {
  private static final Logger LOG = LoggerFactory.getLogger(DeadlineWheel.class);
  private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
  private static final long HELD_UP_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final int SLOTS = 1024; // a turn of 10 s

  private final EventLoop loop;
  private final LongSupplier clock;
  private final Entry[] slots = new Entry[SLOTS];
  private long passedTick;
  private final List<Entry> due = new ArrayList<>();
  private int linked;
  private boolean turning;
  private long turnDueNanos;
  private boolean excused;

  /** A wheel on {@code loop} with the system's monotonic clock. */
  public DeadlineWheel(EventLoop loop) {
    this(loop, System::nanoTime);
  }

  DeadlineWheel(EventLoop loop, LongSupplier clock) {
    this.loop = loop;
    this.clock = clock;
    for (int i = 0; i < SLOTS; i++) {
      slots[i] = new Sentinel();
    }
    passedTick = clock.getAsLong() / TICK_NANOS;
  }

  /** Sets the deadline of {@code entry} to {@code millis} from now. */
  public void arm(Entry entry, long millis) {
    armAt(entry, clock.getAsLong() + TimeUnit.MILLISECONDS.toNanos(millis));
  }

  /** Sets the deadline of {@code entry}, in nanoseconds of {@link System#nanoTime}. */
  public void armAt(Entry entry, long deadlineNanos) {
    entry.deadlineNanos = deadlineNanos;
    entry.armed = true;
    long tick = tickOf(deadlineNanos);
    if (entry.previous != null) {
      if (tick >= entry.tick) {
        return; // found and moved when the wheel passes it
      }
      unlink(entry);
    }
    link(entry, tick);
  }

  /** Drops the deadline of {@code entry}, which the wheel goes on holding for a while. */
  public void disarm(Entry entry) {
    entry.armed = false;
  }

  /** Drops the deadline of {@code entry} and forgets it at once. */
  public void remove(Entry entry) {
    entry.armed = false;
    if (entry.previous != null) {
      unlink(entry);
    }
  }

  private long tickOf(long nanos) {
    return Math.max(nanos / TICK_NANOS + 1, passedTick + 1);
  }

  private void link(Entry entry, long tick) {
    if (linked == 0 && !turning) {
      passedTick = Math.max(passedTick, clock.getAsLong() / TICK_NANOS - 1);
      turning = true;
      scheduleTurn();
    }
    Entry head = slots[(int) (tick & (SLOTS - 1))];
    entry.tick = tick;
    entry.previous = head;
    entry.next = head.next;
    if (head.next != null) {
      head.next.previous = entry;
    }
    head.next = entry;
    linked++;
  }

  private void unlink(Entry entry) {
    Entry previous = entry.previous;
    Entry next = entry.next;
    if (previous != null) {
      previous.next = next;
    }
    if (next != null) {
      next.previous = previous;
    }
    entry.previous = null;
    entry.next = null;
    linked--;
  }

  private void scheduleTurn() {
    turnDueNanos = clock.getAsLong() + TICK_NANOS;
    var unused = loop.schedule(this::turn, TICK_NANOS, TimeUnit.NANOSECONDS);
  }

  private void turn() {
    long now = clock.getAsLong();
    // Once only: a loop that is always late must still meet deadlines.
    excused = now - turnDueNanos > HELD_UP_NANOS && !excused;
    if (excused) {
      scheduleTurn();
      return;
    }
    long nowTick = now / TICK_NANOS;
    while (passedTick < nowTick && linked > 0) {
      passedTick++;
      expire(passedTick, now);
    }
    passedTick = Math.max(passedTick, nowTick);
    if (linked == 0) {
      turning = false;
    } else {
      scheduleTurn();
    }
  }

  private void expire(long tick, long now) {
    for (Entry entry = slots[(int) (tick & (SLOTS - 1))].next; entry != null; entry = entry.next) {
      if (entry.tick <= tick) {
        due.add(entry);
      }
    }
    due.forEach(this::unlink);
    // Calling out comes last: onDeadline may arm or cancel any entry, these ones included.
    for (Entry entry : due) {
      if (entry.previous != null || !entry.armed) {
        continue;
      }
      if (entry.deadlineNanos <= now) {
        entry.armed = false;
        call(entry);
      } else {
        link(entry, tickOf(entry.deadlineNanos));
      }
    }
    due.clear();
  }

  /** One that throws must not stop the others: every time-out of the loop is here. */
  private static void call(Entry entry) {
    try {
      entry.onDeadline();
    } catch (RuntimeException e) {
      LOG.error("deadline failed", e);
    }
  }

  /** Something with a deadline; in at most one wheel. */
  public abstract static class Entry {
    private long deadlineNanos;
    private long tick;
    private boolean armed;
    private @Nullable Entry previous;
    private @Nullable Entry next;

    /** True between arming and the deadline. */
    public final boolean isArmed() {
      return armed;
    }

    /** Called on the loop once the deadline has passed; the entry may be armed again. */
    protected abstract void onDeadline();
  }

  private static final class Sentinel extends Entry {
    @Override
    protected void onDeadline() {}
  }
}
