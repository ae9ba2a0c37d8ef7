package dev.nantian.gateway.proxy.listener;

/** How connections of a socket that this process no longer listens on come to their end. */
public enum Drain {
  /** Idle ones end now, busy ones after their response. */
  IDLE_NOW,

  /**
   * Every one is told to go with its next response, and idle ones wait for it: a request that is on
   * its way to a connection that is being closed would fail, and the client could not know whether
   * it was served (RFC 9112 section 9.6). For a hand-over, where nobody is in a hurry.
   */
  WITH_NEXT_RESPONSE
}
