package dev.nantian.gateway.proxy.filter;

import io.netty.buffer.ByteBuf;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Requests on the side, over the event loop's own connections: nobody waits for them, and what they
 * answer is dropped.
 *
 * <p>A copy takes the parts of its body as they come. What its receiver does not take yet waits
 * within a bound; a copy that would need more is given up and counted. For the loop's thread.
 */
public interface HttpCopies {
  /** A body up to this length is sent whole, with its length; a longer one goes in parts. */
  int WHOLE_BYTES = 64 << 10;

  /** What may wait of one copy's body. */
  int MAX_WAITING_BYTES = 1 << 20;

  /** One copy; never fails towards its sender. */
  interface Copy {
    /**
     * A part of the body.
     *
     * @param part stays the caller's; what is needed of it is retained or copied
     */
    void write(ByteBuf part);

    /** The body is complete. */
    void end();

    /** There will be no more of the body. Without effect after {@link #end}. */
    void cut();
  }

  /** What all copies of one purpose may use together, on all loops. Thread-safe. */
  final class Share {
    private final int maxUnderWay;
    private final long maxWaitingBytes;
    private final AtomicInteger underWay = new AtomicInteger();
    private final AtomicLong waitingBytes = new AtomicLong();

    public Share(int maxUnderWay, long maxWaitingBytes) {
      this.maxUnderWay = maxUnderWay;
      this.maxWaitingBytes = maxWaitingBytes;
    }

    /** A copy may begin; {@link #ended} must follow. */
    public boolean tryBegin() {
      if (underWay.incrementAndGet() <= maxUnderWay) {
        return true;
      }
      underWay.decrementAndGet();
      return false;
    }

    public void ended() {
      underWay.decrementAndGet();
    }

    /** So many bytes may wait; {@link #taken} must follow. */
    public boolean tryWait(int bytes) {
      if (waitingBytes.addAndGet(bytes) <= maxWaitingBytes) {
        return true;
      }
      waitingBytes.addAndGet(-bytes);
      return false;
    }

    /** So many bytes wait no more. */
    public void taken(int bytes) {
      waitingBytes.addAndGet(-bytes);
    }

    public int underWay() {
      return underWay.get();
    }

    public long waitingBytes() {
      return waitingBytes.get();
    }
  }

  /**
   * Begins a copy.
   *
   * @param head its body is left aside; its timeout is for the response, from the copy's end on
   * @return null if {@code share} is used up, which is counted
   */
  @Nullable Copy begin(FilterBackend backend, HttpCalls.Request head, Share share);
}
