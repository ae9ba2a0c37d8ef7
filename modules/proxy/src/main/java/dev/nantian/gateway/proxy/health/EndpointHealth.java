package dev.nantian.gateway.proxy.health;

import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The health of one endpoint of a cluster.
 *
 * <pre>
 *   HEALTHY --too many failures in a row--> EJECTED --its time is over--> PROBING
 *   PROBING --failure--> EJECTED, for twice as long
 *   PROBING --enough successes in a row--> HEALTHY
 * </pre>
 *
 * In PROBING one request at a time is let through; the next when that one has succeeded, or after a
 * second if nothing was heard of it. Active checks stand beside this: an endpoint that fails them
 * is unusable in every state.
 *
 * <p>Shared by all loops. {@link #isUsable} and a {@link #report} of success read two volatile
 * fields while the endpoint is well and has not failed lately.
 */
public final class EndpointHealth {
  /** Where an endpoint stands. */
  public enum State {
    HEALTHY,
    EJECTED,
    PROBING
  }

  private static final long PROBE_LEASE_NANOS = 1_000_000_000;

  private final ClusterHealth cluster;
  private final InetSocketAddress address;
  private final AtomicInteger connectionErrors = new AtomicInteger();
  private final AtomicInteger errorStatuses = new AtomicInteger();
  private final AtomicInteger slow = new AtomicInteger();
  private volatile State state = State.HEALTHY;
  private volatile boolean checkFailed;
  private volatile boolean failedLately;
  private volatile long nextRequestNanos;
  private volatile long startNanos;
  private int ejections;
  private int recovered;
  private long lastEjectionNanos;

  EndpointHealth(ClusterHealth cluster, InetSocketAddress address, long startNanos) {
    this.cluster = cluster;
    this.address = address;
    this.startNanos = startNanos;
  }

  public InetSocketAddress address() {
    return address;
  }

  /** True if {@code other} is not this very state. */
  public boolean isOtherThan(EndpointHealth other) {
    return other != this;
  }

  public State state() {
    return state;
  }

  /** True while active checks say that the endpoint is down. */
  public boolean isCheckFailed() {
    return checkFailed;
  }

  /** True if the endpoint may get a request now. */
  public boolean isUsable() {
    if (state == State.HEALTHY && !checkFailed) {
      return true;
    }
    return cluster.isPanicking() || (!checkFailed && cluster.now() - nextRequestNanos >= 0);
  }

  /** How long the endpoint has been in use, or well again. */
  public long ageNanos() {
    return cluster.now() - startNanos;
  }

  /** A request goes to this endpoint. */
  public void picked() {
    if (state != State.HEALTHY && !cluster.isPanicking()) {
      synchronized (cluster) {
        if (state == State.EJECTED && cluster.now() - nextRequestNanos >= 0) {
          state = State.PROBING;
          recovered = 0;
          cluster.changed();
        }
        nextRequestNanos = cluster.now() + PROBE_LEASE_NANOS;
      }
    }
  }

  /**
   * A try ended.
   *
   * @param millisToHead from the request to the head of the response; 0 if there was none
   */
  public void report(Outcome outcome, long millisToHead) {
    OutlierPolicy policy = cluster.policy();
    boolean tooSlow =
        policy.consecutiveSlow() > 0
            && outcome == Outcome.GOOD
            && millisToHead > policy.slowMillis();
    if (outcome == Outcome.GOOD && !tooSlow) {
      if (failedLately || state != State.HEALTHY) {
        succeeded(policy);
      }
      return;
    }
    failedLately = true;
    AtomicInteger inRow =
        switch (outcome) {
          case GOOD -> slow;
          case ERROR_STATUS -> errorStatuses;
          case CONNECTION_ERROR -> connectionErrors;
        };
    int limit =
        switch (outcome) {
          case GOOD -> policy.consecutiveSlow();
          case ERROR_STATUS -> policy.consecutiveErrorStatuses();
          case CONNECTION_ERROR -> policy.consecutiveConnectionErrors();
        };
    int count = inRow.incrementAndGet();
    if (limit > 0 && (count >= limit || state == State.PROBING)) {
      eject(policy);
    } else if (outcome != Outcome.CONNECTION_ERROR) {
      connectionErrors.set(0); // it does answer
    }
  }

  private void succeeded(OutlierPolicy policy) {
    failedLately = false;
    connectionErrors.set(0);
    errorStatuses.set(0);
    slow.set(0);
    if (state != State.PROBING) {
      return; // an answer to a request from before an ejection says nothing about now
    }
    synchronized (cluster) {
      if (state == State.PROBING) {
        recovered++;
        nextRequestNanos = cluster.now();
        if (recovered >= policy.recoverySuccesses()) {
          state = State.HEALTHY;
          startNanos = cluster.now();
          cluster.changed();
        }
      }
    }
  }

  private void eject(OutlierPolicy policy) {
    synchronized (cluster) {
      if (state == State.EJECTED || !cluster.mayEject(this)) {
        return;
      }
      long now = cluster.now();
      boolean longAgo =
          state == State.HEALTHY && now - startNanos > policy.maxEjectionMillis() * 1_000_000;
      ejections = longAgo ? 1 : ejections + 1;
      lastEjectionNanos = policy.ejectionMillis(ejections) * 1_000_000;
      nextRequestNanos = now + lastEjectionNanos;
      state = State.EJECTED;
      cluster.ejected();
      connectionErrors.set(0);
      errorStatuses.set(0);
      slow.set(0);
    }
  }

  /** An active check has a verdict. */
  public void checked(boolean up) {
    if (checkFailed == up) {
      synchronized (cluster) {
        checkFailed = !up;
        if (up) {
          startNanos = cluster.now();
        }
        cluster.changed();
      }
    }
  }

  /** Milliseconds until the endpoint may be tried again; 0 if it may be now. */
  public long millisUntilTried() {
    return state == State.EJECTED ? Math.max(0, (nextRequestNanos - cluster.now()) / 1_000_000) : 0;
  }

  /** True if it gets no ordinary share of the requests. */
  boolean isOut() {
    return state == State.EJECTED || checkFailed;
  }
}
