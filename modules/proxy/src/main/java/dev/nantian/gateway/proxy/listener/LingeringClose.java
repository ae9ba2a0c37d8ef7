package dev.nantian.gateway.proxy.listener;

import io.netty.channel.Channel;

/**
 * The end of a connection whose client may still be sending: our side ends, and we read on until
 * the client has ended its own, or for a short time. Closing with unread bytes would reset the
 * connection, and the client could lose the response (RFC 9112 section 9.6).
 *
 * <p>Touched by its event loop only.
 */
final class LingeringClose {
  private final Channel channel;
  private final Http1Deadline deadline;
  private boolean clientEnded;
  private boolean lastWordSent;

  LingeringClose(Channel channel, Http1Deadline deadline) {
    this.channel = channel;
    this.deadline = deadline;
  }

  /** FIN: the client sends no more. */
  void onClientEnded() {
    clientEnded = true;
  }

  boolean hasClientEnded() {
    return clientEnded;
  }

  /**
   * Everything is said.
   *
   * @param clientIsDone nothing of what the client has begun to send is to come
   */
  void begin(boolean clientIsDone) {
    if (clientIsDone || clientEnded) {
      ConnectionEnd.afterWrites(channel);
      return;
    }
    // A slow client gets the time to take in the response, then a short time to hear its end.
    deadline.untilNextByte();
    if (channel.isOpen()) {
      channel.config().setAutoRead(true);
    }
    ConnectionEnd.ourSideAfterWrites(channel, this::onLastWordSent);
  }

  private void onLastWordSent() {
    lastWordSent = true;
    if (clientEnded) {
      ConnectionEnd.now(channel);
    } else {
      deadline.untilHeard();
    }
  }

  /** Nothing more will come from the client: the end, if it has got our last word. */
  void onNothingMore() {
    if (lastWordSent) {
      ConnectionEnd.now(channel);
    }
  }
}
