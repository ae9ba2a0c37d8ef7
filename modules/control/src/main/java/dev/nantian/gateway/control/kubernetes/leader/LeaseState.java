package dev.nantian.gateway.control.kubernetes.leader;

import java.time.Duration;

/**
 * What one candidate knows of the Lease. Not thread-safe; time is given in nanoseconds of this
 * process's own clock, since clocks of machines differ: a holder has failed when its Lease has not
 * changed for the Lease's duration <em>as seen from here</em>.
 */
final class LeaseState {
  private final String identity;
  private final long durationNanos;
  private String seenHolder = "";
  private String seenVersion = "";
  private long changedNanos;
  private long heldUntilNanos;
  private boolean held;

  LeaseState(String identity, Duration duration) {
    this.identity = identity;
    this.durationNanos = duration.toNanos();
  }

  /** The Lease was read. */
  void seen(String holder, String version, long now) {
    if (!version.equals(seenVersion)) {
      seenHolder = holder;
      seenVersion = version;
      changedNanos = now;
    }
    if (!holder.equals(identity)) {
      held = false;
    }
  }

  /** Whether to write our name into the Lease: it is ours, nobody's, or of one that has failed. */
  boolean mayTake(long now) {
    return seenHolder.isEmpty()
        || seenHolder.equals(identity)
        || now - changedNanos >= durationNanos;
  }

  /**
   * Our name was written.
   *
   * @param askedNanos when the request was sent: others count from some time after it
   */
  void taken(String version, long askedNanos) {
    seenHolder = identity;
    seenVersion = version;
    changedNanos = askedNanos;
    held = true;
    heldUntilNanos = askedNanos + durationNanos;
  }

  /** Whether this candidate holds the Lease for certain. */
  boolean holds(long now) {
    return held && now - heldUntilNanos < 0;
  }

  /** Until when it is held, if it is. */
  long heldUntilNanos() {
    return heldUntilNanos;
  }

  /** Who held it when it was last read. */
  String holder() {
    return seenHolder;
  }
}
