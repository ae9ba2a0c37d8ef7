package dev.nantian.gateway.proxy.pipeline;

import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.loop.DeadlineWheel;
import dev.nantian.gateway.proxy.retry.CircuitLimits;
import dev.nantian.gateway.proxy.retry.RetryPolicy;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Whether and when an exchange gets another try.
 *
 * <p>All of these must allow it: the rule's policy, the request's method and body (see {@link
 * Failure}), the request's deadline, the cluster's limit and its budget, in this order, for the
 * budget is spent by asking.
 *
 * <p>Touched by its event loop only; reused with its exchange.
 */
final class Retries extends DeadlineWheel.Entry {
  /** How a try failed. */
  enum Failure {
    /** The backend cannot have processed any of it: safe to repeat whatever the method. */
    UNSENT,
    /** No response came, and nobody knows what the backend did. */
    LOST,
    /** A status that the policy names. */
    STATUS
  }

  private final Exchange exchange;
  private final Worker worker;
  private final Runnable next;
  private final RequestReplay replay = new RequestReplay();
  private RetryPolicy policy = RetryPolicy.DEFAULT;
  private @Nullable Cluster cluster;
  private boolean bodySent;
  private boolean counted;
  private int made;
  private long delayMillis;

  /**
   * @param next begins another try, at once or when its time has come
   */
  Retries(Exchange exchange, Worker worker, Runnable next) {
    this.exchange = exchange;
    this.worker = worker;
    this.next = next;
  }

  /** A request goes to this cluster. */
  void begin(RetryPolicy of, Cluster to) {
    policy = of;
    cluster = to;
    bodySent = false;
    made = 0;
  }

  /** Tries after the first so far. */
  int made() {
    return made;
  }

  /** A part of the request's body goes to the backend. */
  void sent(ByteBuf part) {
    bodySent = true;
    if (policy.needsReplay()) {
      replay.add(part);
    }
  }

  RequestReplay replay() {
    return replay;
  }

  /** True if the body can be sent from its beginning. */
  boolean canSendBody() {
    return !bodySent || (policy.needsReplay() && replay.isWhole());
  }

  /** True if any of the body was sent. */
  boolean isBodySent() {
    return bodySent;
  }

  /** Whether a response with this status is to be followed by another try. */
  boolean mayFollowStatus(int status) {
    return policy.retriesStatus(status) && mayFollow(Failure.STATUS);
  }

  /** Whether another try may follow; if so, it is counted and {@link #schedule} must be called. */
  boolean mayFollow(Failure failure) {
    if (cluster == null || made >= policy.attempts() || !canSendBody()) {
      return false;
    }
    if (failure == Failure.LOST && !policy.retriesLostConnections()) {
      return false;
    }
    if (failure != Failure.UNSENT && !Methods.isIdempotent(exchange.request())) {
      return false;
    }
    long delay = policy.delayMillis(made + 1, worker.pools().random());
    if (!exchange.timeouts().leaves(delay)) {
      return false;
    }
    if (!takeFromLimit(cluster) || !worker.pools().budget(cluster).tryRetry(System.nanoTime())) {
      worker.metrics().retryDenied(cluster.name());
      release();
      return false;
    }
    made++;
    delayMillis = delay;
    worker.metrics().retried(cluster.name());
    return true;
  }

  private boolean takeFromLimit(Cluster of) {
    release();
    CircuitLimits limits = of.state().policy().limits();
    counted = limits.limitsRetries() && of.counts().tryRetry(limits.maxRetries());
    return counted || !limits.limitsRetries();
  }

  private void release() {
    if (counted && cluster != null) {
      counted = false;
      cluster.counts().retryEnded();
    }
  }

  /** Begins the try that {@link #mayFollow} allowed, when its time has come. */
  void schedule() {
    if (delayMillis == 0) {
      next.run();
    } else {
      exchange.timeouts().endTry();
      worker.wheel().arm(this, delayMillis);
    }
  }

  @Override
  protected void onDeadline() {
    next.run();
  }

  /** The exchange is over, or begins anew. */
  void end() {
    if (isArmed()) {
      worker.wheel().remove(this);
    }
    release();
    replay.clear();
    cluster = null;
  }
}
