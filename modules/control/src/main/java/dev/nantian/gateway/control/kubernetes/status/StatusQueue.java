package dev.nantian.gateway.control.kubernetes.status;

import dev.nantian.gateway.control.source.ResourceKey;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * Which objects are due for a look at their status, and when. Not thread-safe; time is given in
 * nanoseconds of any one clock.
 *
 * <p>The first change of an object is due at once; the next not before {@code spacing} after its
 * last write, so that a Gateway to which a thousand routes attach is written a few times, not a
 * thousand. A status that is about to become another within a moment (a listener that waits for its
 * proxies) may be held for {@code patience}.
 */
final class StatusQueue {
  private final long spacingNanos;
  private final long patienceNanos;
  private boolean tookOver;
  private long passingFromNanos;
  private final Map<ResourceKey, Long> dueNanos = new HashMap<>();
  private final Set<ResourceKey> order = new LinkedHashSet<>();
  private final Map<ResourceKey, Long> heldSinceNanos = new HashMap<>();
  private final Map<ResourceKey, Long> writtenNanos = new HashMap<>();

  StatusQueue(Duration spacing, Duration patience) {
    this.spacingNanos = spacing.toNanos();
    this.patienceNanos = patience.toNanos();
  }

  /**
   * The object's status may have to change.
   *
   * @param passing whether what is wanted is likely to be followed by something better soon
   */
  void add(ResourceKey key, boolean passing, long now) {
    Long written = writtenNanos.get(key);
    long due = written == null ? now : Math.max(now, written + spacingNanos);
    if (passing) {
      long since = heldSinceNanos.computeIfAbsent(key, ignored -> now);
      due = Math.max(due, since + patienceNanos);
      if (tookOver) {
        due = Math.max(due, passingFromNanos);
      }
    } else {
      heldSinceNanos.remove(key);
    }
    dueNanos.put(key, due);
    order.add(key);
  }

  /**
   * Writing has just passed to this process: proxies are about to connect to it, so what looks
   * passing is none of the objects' doing.
   *
   * @param grace how long that may take
   */
  void takeOver(Duration grace, long now) {
    tookOver = true;
    passingFromNanos = now + grace.toNanos();
    heldSinceNanos.clear();
  }

  /** Looks at the object again after a wait, whatever comes in between. */
  void retry(ResourceKey key, Duration wait, long now) {
    dueNanos.put(key, now + wait.toNanos());
    order.add(key);
  }

  /** The object's status has just been written. */
  void written(ResourceKey key, long now) {
    writtenNanos.put(key, now);
    heldSinceNanos.remove(key);
  }

  void remove(ResourceKey key) {
    order.remove(key);
    dueNanos.remove(key);
    heldSinceNanos.remove(key);
    writtenNanos.remove(key);
  }

  /** Takes out up to {@code limit} objects that are due, in the order in which they came. */
  Set<ResourceKey> take(int limit, long now) {
    Set<ResourceKey> taken = new LinkedHashSet<>();
    for (ResourceKey key : order) {
      if (taken.size() >= limit) {
        break;
      }
      if (dueNanos.getOrDefault(key, now) - now <= 0) {
        taken.add(key);
      }
    }
    order.removeAll(taken);
    taken.forEach(dueNanos::remove);
    return taken;
  }

  boolean isEmpty() {
    return order.isEmpty();
  }
}
