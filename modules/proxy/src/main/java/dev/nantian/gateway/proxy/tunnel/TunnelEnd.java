package dev.nantian.gateway.proxy.tunnel;

import io.netty.buffer.ByteBuf;

/**
 * One side of a tunnel: a connection, or a stream of one.
 *
 * <p>What came before its time is kept until the first {@code readable(true)}. Touched by its event
 * loop only.
 */
public interface TunnelEnd {
  /** From now on what happens at this end is told to {@code input}. Called once. */
  void begin(Input input);

  /** Queues bytes; takes over the buffer. */
  void write(ByteBuf part);

  /** Sends what was queued. */
  void flush();

  /** False while the peer does not read as fast as we write. */
  boolean isWritable();

  /** Stops or starts the bytes of this end: back-pressure. */
  void readable(boolean on);

  /**
   * No bytes follow those written: tells the peer when it has them, then {@link Input#outputEnded}.
   */
  void endOutput();

  /** Both directions are at their end. */
  void close();

  /** Ends both directions in a way that cannot be taken for a clean end. */
  void reset();

  /** Who hears of an end. */
  interface Input {
    /** Bytes of the peer; takes over the buffer. */
    void bytes(ByteBuf part);

    /** All that could be read for now has been handed on. */
    void readComplete();

    /** The end takes bytes again or no more. */
    void writabilityChanged();

    /** The peer will send no more. */
    void inputEnded();

    /**
     * The peer has been told that no more follows.
     *
     * @param whole the other direction has ended with it, as in TLS
     */
    void outputEnded(boolean whole);

    /** The end is closed or failed. */
    void closed();
  }
}
