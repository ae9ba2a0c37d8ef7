package dev.nantian.gateway.filters.ratelimit;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Token buckets by key, all with the same rate and size.
 *
 * <p>A bucket is one number: the time at which it will be full again (the theoretical arrival time
 * of the generic cell rate algorithm, ITU-T I.371). Taking a token moves it by the time that one
 * token needs, in one compare-and-set. So the count is exact however many threads take: in any
 * interval of length t a key gets at most {@code burst + t / interval} tokens. A bucket that is
 * full need not be kept, so forgetting those loses nothing.
 *
 * <p>At most {@code maxKeys} keys have a bucket; further ones share one, until full buckets have
 * been forgotten: they may get less than their due, never more.
 *
 * <p>Thread-safe; times are those of {@link System#nanoTime}.
 */
final class TokenBuckets {
  /**
   * What came of taking a token.
   *
   * @param granted whether there was one
   * @param remaining whole tokens left
   * @param waitNanos until a token is there (refused), or until the bucket is full (granted)
   */
  record Take(boolean granted, long remaining, long waitNanos) {}

  /** Marks a bucket that was forgotten while somebody held it. */
  private static final long FORGOTTEN = Long.MIN_VALUE;

  private final long intervalNanos;
  private final long capacityNanos;
  private final int maxKeys;
  private final ConcurrentHashMap<String, AtomicLong> buckets = new ConcurrentHashMap<>();
  private final AtomicLong shared = new AtomicLong();
  private final AtomicBoolean sweeping = new AtomicBoolean();
  private volatile boolean begun;
  private volatile long startNanos;

  /**
   * @param intervalNanos in which one token comes
   * @param burst tokens that a full bucket has
   */
  TokenBuckets(long intervalNanos, long burst, int maxKeys) {
    this.intervalNanos = intervalNanos;
    this.capacityNanos = Math.multiplyExact(intervalNanos, burst);
    this.maxKeys = maxKeys;
  }

  /** Takes a token of this key. */
  Take take(String key, long nowNanos) {
    long now = sinceStart(nowNanos);
    while (true) {
      AtomicLong bucket = bucket(key, now);
      long fullAt = bucket.get();
      if (fullAt == FORGOTTEN) {
        continue; // a new one is there, or will be made
      }
      long next = Math.max(fullAt, now) + intervalNanos;
      long taken = next - now;
      if (taken > capacityNanos) {
        return new Take(false, 0, taken - capacityNanos);
      }
      if (bucket.compareAndSet(fullAt, next)) {
        return new Take(true, (capacityNanos - taken) / intervalNanos, taken);
      }
    }
  }

  /** Keys that have a bucket. */
  int size() {
    return buckets.size();
  }

  private long sinceStart(long nowNanos) {
    if (!begun) {
      synchronized (this) {
        if (!begun) {
          startNanos = nowNanos;
          begun = true;
        }
      }
    }
    return nowNanos - startNanos;
  }

  private AtomicLong bucket(String key, long now) {
    AtomicLong bucket = buckets.get(key);
    if (bucket != null) {
      return bucket;
    }
    if (buckets.size() >= maxKeys) {
      if (sweeping.compareAndSet(false, true)) {
        var unused =
            CompletableFuture.runAsync(() -> forgetFull(now))
                .whenComplete((done, error) -> sweeping.set(false));
      }
      return shared;
    }
    return buckets.computeIfAbsent(key, absent -> new AtomicLong());
  }

  /** Forgets buckets that are full; away from the event loops, for there may be many. */
  void forgetFull(long now) {
    buckets.forEach(
        (key, bucket) -> {
          long fullAt = bucket.get();
          if (fullAt <= now && bucket.compareAndSet(fullAt, FORGOTTEN)) {
            buckets.remove(key, bucket);
          }
        });
  }
}
