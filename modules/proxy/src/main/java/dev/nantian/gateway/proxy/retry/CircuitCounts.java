package dev.nantian.gateway.proxy.retry;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What a cluster has under way, over all loops. Counted only where a limit asks for it: an atomic
 * counter that two loops write costs each some 50 ns for each request.
 */
public final class CircuitCounts {
  private final AtomicInteger requests = new AtomicInteger();
  private final AtomicInteger retries = new AtomicInteger();
  private final AtomicLong rejected = new AtomicLong();

  /** Counts one more request unless that would be too many. */
  public boolean tryRequest(int max) {
    return tryCount(requests, max);
  }

  /** A request that was counted is over. */
  public void requestEnded() {
    requests.decrementAndGet();
  }

  /** Counts one more further try unless that would be too many. */
  public boolean tryRetry(int max) {
    return tryCount(retries, max);
  }

  /** A further try that was counted is over. */
  public void retryEnded() {
    retries.decrementAndGet();
  }

  private boolean tryCount(AtomicInteger count, int max) {
    if (count.incrementAndGet() <= max) {
      return true;
    }
    count.decrementAndGet();
    rejected.incrementAndGet();
    return false;
  }

  /** Requests under way that were counted. */
  public int requests() {
    return requests.get();
  }

  /** Requests and further tries that were too many, so far. */
  public long rejected() {
    return rejected.get();
  }
}
