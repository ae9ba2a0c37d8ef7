package dev.nantian.gateway.control.kubernetes.event;

import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Which Events to write. What is said again of an object within a while counts up one Event, and
 * one object may cause only so many new ones. Not thread-safe; time is given in nanoseconds of any
 * one clock.
 */
final class EventBook {
  /** After so long without a repetition a series is over (Kubernetes, KEP-383). */
  private static final Duration SERIES = Duration.ofMinutes(6);

  private static final int BURST = 25;
  private static final Duration REFILL = Duration.ofMinutes(1);
  private static final int MAX_REMEMBERED = 4096;

  private final Map<Key, Series> series =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Series> eldest) {
          return size() > MAX_REMEMBERED;
        }
      };
  private final Map<String, Allowance> allowances = new HashMap<>();
  private final String prefix;
  private long made;

  /**
   * @param prefix of the names of Events, unlike that of any other process
   */
  EventBook(String prefix) {
    this.prefix = prefix;
  }

  private record Key(String uid, ConditionChanges.Change change) {}

  private static final class Series {
    private final String event;
    private int count = 1;
    private long lastNanos;

    private Series(String event, long now) {
      this.event = event;
      this.lastNanos = now;
    }
  }

  private static final class Allowance {
    private double tokens = BURST;
    private long atNanos;

    private boolean take(long now) {
      double refilled = (double) (now - atNanos) / (double) REFILL.toNanos();
      tokens = Math.min(BURST, tokens + refilled);
      atNanos = now;
      if (tokens < 1) {
        return false;
      }
      tokens--;
      return true;
    }
  }

  /**
   * What to write.
   *
   * @param event name of the Event
   * @param count how often it has been said; 1: the Event is new
   */
  record Entry(String event, int count) {}

  /**
   * Something is to be said of an object.
   *
   * @return empty if the object has caused too many Events
   */
  Optional<Entry> say(String name, String uid, ConditionChanges.Change change, long now) {
    Key key = new Key(uid, change);
    Series known = series.get(key);
    if (known != null && now - known.lastNanos < SERIES.toNanos()) {
      known.lastNanos = now;
      return Optional.of(new Entry(known.event, ++known.count));
    }
    if (allowances.size() >= MAX_REMEMBERED) {
      allowances.clear();
    }
    Allowance allowance = allowances.get(uid);
    if (allowance == null) {
      allowance = new Allowance();
      allowance.atNanos = now;
      allowances.put(uid, allowance);
    }
    if (!allowance.take(now)) {
      return Optional.empty();
    }
    // Names of objects have up to 253 characters, and so have those of Events.
    String event =
        name.substring(0, Math.min(name.length(), 200)) + "." + prefix + Long.toHexString(++made);
    series.put(key, new Series(event, now));
    return Optional.of(new Entry(event, 1));
  }
}
