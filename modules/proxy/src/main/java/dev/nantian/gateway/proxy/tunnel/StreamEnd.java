package dev.nantian.gateway.proxy.tunnel;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * A stream of an HTTP/2 connection as an end of a tunnel (RFC 9113 section 8.5, RFC 8441).
 *
 * <p>The peer's window is given back when the other end has taken the bytes, so no more than a
 * window of them ever waits here; also those wait here that come before the tunnel is open.
 *
 * <p>Touched by its event loop only.
 */
public final class StreamEnd implements TunnelEnd {
  /** The stream in its connection. */
  public interface Carrier {
    /**
     * Queues DATA, behind what waits for the peer's window.
     *
     * @param part taken over
     * @param last END_STREAM goes with it; {@link StreamEnd#outputDone} is called when it has gone
     *     or never will
     */
    void write(ByteBuf part, boolean last);

    void flush();

    boolean isWritable();

    /** The peer may send so many bytes again. */
    void giveBack(int windowBytes);

    /**
     * RST_STREAM.
     *
     * @param clean the stream has served its purpose (NO_ERROR); else CANCEL
     */
    void reset(boolean clean);
  }

  private final Carrier carrier;
  private final ArrayDeque<ByteBuf> held = new ArrayDeque<>(0);
  private @Nullable Input input;
  private boolean wanted;
  private int unreturned;
  private boolean endReceived;
  private boolean endTold;
  private boolean outputEnding;
  private boolean outputSent;
  private boolean over;

  public StreamEnd(Carrier carrier) {
    this.carrier = carrier;
  }

  /** True once the tunnel is open. */
  public boolean isOpen() {
    return input != null;
  }

  // What the stream's connection tells.

  /**
   * A DATA frame.
   *
   * @param data stays the caller's
   * @param flowControlled bytes that count against the window, padding included
   * @return how many of those the peer may have back now
   */
  public int data(ByteBuf data, int flowControlled, boolean last) {
    if (over) {
      return flowControlled;
    }
    endReceived = last;
    Input to = input;
    if (to == null || !wanted) {
      if (data.isReadable()) {
        held.add(data.retain());
      }
      unreturned += flowControlled;
      return 0;
    }
    if (data.isReadable()) {
      to.bytes(data.retainedSlice());
    }
    tellEnd();
    if (!wanted && !over) {
      unreturned += flowControlled; // the other end does not keep up
      return 0;
    }
    return flowControlled;
  }

  private void tellEnd() {
    Input to = input;
    if (endReceived && !endTold && to != null && held.isEmpty()) {
      endTold = true;
      to.inputEnded();
    }
  }

  /** All that could be read for now has been told. */
  public void readComplete() {
    if (input != null && !over) {
      input.readComplete();
    }
  }

  /** The stream takes bytes again or no more. */
  public void writabilityChanged() {
    if (input != null && !over) {
      input.writabilityChanged();
    }
  }

  /** The END_STREAM of ours was written, or never will be. */
  public void outputDone(boolean success) {
    if (!success) {
      end();
      return;
    }
    outputSent = true;
    if (over) {
      resetIfOpen();
    } else if (input != null) {
      input.outputEnded(false);
    }
  }

  private void resetIfOpen() {
    if (!endReceived) {
      carrier.reset(true);
    }
  }

  /** The stream is closed: it came to its end, or was reset, or its connection is gone. */
  public void lost() {
    // A stream whose two directions have ended closes by itself, maybe before outputDone says so;
    // what is held still goes to the other end.
    if (!(endReceived && outputEnding && input != null)) {
      end();
    }
  }

  private void end() {
    Input to = input;
    boolean first = !over;
    discard();
    if (first && to != null) {
      to.closed();
    }
  }

  /** Nothing more passes: what is held goes, the window goes back. */
  public void discard() {
    over = true;
    for (ByteBuf part = held.poll(); part != null; part = held.poll()) {
      part.release();
    }
    giveBack();
  }

  private void giveBack() {
    int count = unreturned;
    unreturned = 0;
    if (count > 0) {
      carrier.giveBack(count);
    }
  }

  // What the tunnel asks for.

  @Override
  public void begin(Input to) {
    input = to;
  }

  @Override
  public void write(ByteBuf part) {
    if (over || outputEnding || !part.isReadable()) {
      part.release();
    } else {
      carrier.write(part, false);
    }
  }

  @Override
  public void flush() {
    if (!over) {
      carrier.flush();
    }
  }

  @Override
  public boolean isWritable() {
    // A stream that is over takes everything: it must not hold up the end of the other side.
    return over || carrier.isWritable();
  }

  @Override
  public void readable(boolean on) {
    wanted = on;
    Input to = input;
    if (!on || over || to == null) {
      return;
    }
    boolean some = !held.isEmpty();
    while (wanted && !over && !held.isEmpty()) {
      to.bytes(held.poll());
    }
    if (some) {
      to.readComplete();
    }
    tellEnd();
    if (wanted) {
      giveBack();
    }
  }

  @Override
  public void endOutput() {
    if (!over && !outputEnding) {
      outputEnding = true;
      carrier.write(Unpooled.EMPTY_BUFFER, true);
      carrier.flush();
    }
  }

  @Override
  public void close() {
    if (over) {
      return;
    }
    discard();
    if (outputSent) {
      resetIfOpen();
    } else if (!outputEnding) {
      outputEnding = true;
      carrier.write(Unpooled.EMPTY_BUFFER, true);
    }
    carrier.flush();
  }

  @Override
  public void reset() {
    if (!over) {
      discard();
      carrier.reset(false);
    }
  }
}
