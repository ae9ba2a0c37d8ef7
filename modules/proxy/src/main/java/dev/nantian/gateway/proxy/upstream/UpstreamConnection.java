package dev.nantian.gateway.proxy.upstream;

import dev.nantian.gateway.proxy.config.Cluster;

/**
 * A connection of a pool, whatever it speaks.
 *
 * <p>Touched by its event loop only.
 */
interface UpstreamConnection {
  /** HTTP1 or HTTP2. */
  Cluster.Protocol protocol();

  /** Whether the pool has it among those with room; the pool's own note, which saves a search. */
  boolean isListed();

  void listed(boolean listed);

  /** False once it was closed. */
  boolean isOpen();

  /** True if one more exchange can begin now. */
  boolean hasRoom();

  /** True if no exchange is under way. */
  boolean isIdle();

  /**
   * Begins an exchange; needs {@link #hasRoom}. The caller tells the user.
   *
   * @param user whose request it is
   */
  UpstreamStream begin(UpstreamUser user);

  /** Nobody uses it for now: it is closed when that lasts longer than {@code idleMillis}. */
  void park(long idleMillis);

  /** Takes no exchange any more and is closed as soon as none is under way. */
  void retire();
}
