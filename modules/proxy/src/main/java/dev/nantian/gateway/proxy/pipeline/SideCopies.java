package dev.nantian.gateway.proxy.pipeline;

import dev.nantian.gateway.proxy.filter.FilterBackend;
import dev.nantian.gateway.proxy.filter.HttpCalls;
import dev.nantian.gateway.proxy.filter.HttpCopies;
import dev.nantian.gateway.proxy.health.Outcome;
import dev.nantian.gateway.proxy.http.BodyReader;
import dev.nantian.gateway.proxy.loop.DeadlineWheel;
import dev.nantian.gateway.proxy.metrics.LoopMetrics;
import dev.nantian.gateway.proxy.metrics.MirrorDrop;
import dev.nantian.gateway.proxy.upstream.ClusterMember;
import dev.nantian.gateway.proxy.upstream.EndpointPool;
import dev.nantian.gateway.proxy.upstream.UpstreamFailure;
import dev.nantian.gateway.proxy.upstream.UpstreamPools;
import dev.nantian.gateway.proxy.upstream.UpstreamStream;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Copies of requests over the connection pools of one event loop.
 *
 * <p>Touched by its event loop only.
 */
final class SideCopies implements HttpCopies {
  /**
   * Shorter parts are copied: each pins the whole buffer that it was received in. Longer ones pass
   * by reference.
   */
  private static final int PASSED_BYTES = 4 << 10;

  private static final int BLOCK_BYTES = 32 << 10;

  private final UpstreamPools pools;
  private final DeadlineWheel wheel;
  private final LoopMetrics metrics;

  SideCopies(UpstreamPools pools, DeadlineWheel wheel, LoopMetrics metrics) {
    this.pools = pools;
    this.wheel = wheel;
    this.metrics = metrics;
  }

  @Override
  public @Nullable Copy begin(FilterBackend backend, HttpCalls.Request head, Share share) {
    if (!share.tryBegin()) {
      metrics.mirrorDropped(MirrorDrop.BUSY);
      return null;
    }
    return new SideCopy(backend, head, share);
  }

  /**
   * One copy.
   *
   * <pre>
   *   gathering --complete, or too long to be kept--> connecting --connected--> sending
   *       --complete--> awaiting the response --its end--> over
   *   any --drop--> over
   * </pre>
   */
  private final class SideCopy extends OwnRequest implements Copy {
    private final FilterBackend backend;
    private final HttpCalls.Request request;
    private final Share share;
    private final ArrayDeque<ByteBuf> waiting = new ArrayDeque<>(2);
    private int waitingBytes;
    private BodyReader.Kind kind = BodyReader.Kind.NONE;
    private @Nullable ClusterMember member;
    private boolean begun;
    private boolean complete;
    private boolean endSent;
    private boolean writing;
    private boolean over;
    private long endNanos;

    SideCopy(FilterBackend backend, HttpCalls.Request request, Share share) {
      this.backend = backend;
      this.request = request;
      this.share = share;
    }

    @Override
    public void write(ByteBuf part) {
      if (over || complete) {
        return;
      }
      UpstreamStream to = stream;
      int length = part.readableBytes();
      if (to != null
          && !writing
          && waiting.isEmpty()
          && length >= PASSED_BYTES
          && to.isWritable()) {
        pass(to, part);
        return;
      }
      if (!share.tryWait(length)) {
        finish(MirrorDrop.MEMORY);
        return;
      }
      waitingBytes += length;
      keep(part, length);
      drain();
      if (waitingBytes > MAX_WAITING_BYTES) {
        finish(MirrorDrop.SLOW);
      } else if (!begun && waitingBytes > WHOLE_BYTES) {
        start(BodyReader.Kind.UNTIL_CLOSE);
      }
    }

    private void pass(UpstreamStream to, ByteBuf part) {
      writing = true;
      to.write(part.retainedSlice(), false);
      writing = false;
      drain();
    }

    private void keep(ByteBuf part, int length) {
      ByteBuf block = waiting.peekLast();
      if (block == null || block.readableBytes() + length > BLOCK_BYTES) {
        block = PooledByteBufAllocator.DEFAULT.directBuffer(length);
        waiting.add(block);
      }
      block.writeBytes(part, part.readerIndex(), length);
    }

    @Override
    public void end() {
      if (over || complete) {
        return;
      }
      complete = true;
      wheel.arm(this, Math.max(1, request.timeout().toMillis()));
      if (begun) {
        drain();
      } else {
        start(waitingBytes > 0 ? BodyReader.Kind.LENGTH : BodyReader.Kind.NONE);
      }
    }

    @Override
    public void cut() {
      if (!complete) {
        finish(MirrorDrop.CUT);
      }
    }

    private void start(BodyReader.Kind how) {
      begun = true;
      kind = how;
      ClusterMember chosen = pools.choose(backend.cluster(), pools.ticket(Long.MAX_VALUE), null);
      if (chosen == null) {
        finish(MirrorDrop.FAILED);
        return;
      }
      UpstreamCalls.fill(head, request, how == BodyReader.Kind.LENGTH ? waitingBytes : 0);
      member = chosen;
      chosen.started();
      chosen.pool().acquire(this);
    }

    /**
     * Gives the connection what it takes of what waits. It may say in the middle of a write that it
     * takes more or less; a part of a chunk may be written then, so nothing is done before the end.
     */
    private void drain() {
      UpstreamStream to = stream;
      if (to == null || writing) {
        return;
      }
      writing = true;
      do {
        while (!over && !waiting.isEmpty() && to.isWritable()) {
          ByteBuf part = waiting.remove();
          int length = part.readableBytes();
          waitingBytes -= length;
          share.taken(length);
          send(to, part, complete && waiting.isEmpty());
        }
        if (!over && complete && !endSent && waiting.isEmpty()) {
          send(to, Unpooled.EMPTY_BUFFER, true);
        }
        if (!over) {
          to.flush();
        }
      } while (!over && !waiting.isEmpty() && to.isWritable());
      writing = false;
    }

    private void send(UpstreamStream to, ByteBuf part, boolean last) {
      if (last) {
        endSent = true;
        endNanos = System.nanoTime();
      }
      to.write(part, last);
    }

    // What the pool and the connection say.

    @Override
    public void onConnected(UpstreamStream connected) {
      stream = connected;
      connected.send(head, kind);
      endSent = kind == BodyReader.Kind.NONE;
      drain();
    }

    @Override
    public void onConnectFailed(EndpointPool failed, String reason) {
      report(Outcome.CONNECTION_ERROR);
      finish(MirrorDrop.FAILED);
    }

    @Override
    public void onNoRoom(EndpointPool full, String reason) {
      finish(MirrorDrop.FAILED);
    }

    @Override
    public void onResponseBody(ByteBuf part, boolean last) {
      part.release();
      if (last) {
        ended();
        finish(null);
      }
    }

    @Override
    public void onUpstreamWritability() {
      drain();
    }

    @Override
    public void onUpstreamFailed(UpstreamFailure failure) {
      report(Outcome.CONNECTION_ERROR);
      ended();
      finish(MirrorDrop.FAILED);
    }

    @Override
    protected void onDeadline() {
      finish(MirrorDrop.TIMEOUT);
    }

    /** A backend that answers before the end is as quick as can be. */
    @Override
    void report(Outcome outcome) {
      if (member != null) {
        long millis = endSent ? (System.nanoTime() - endNanos) / 1_000_000 : 0;
        member.report(outcome, millis);
      }
    }

    /** The stream is over by itself. */
    private void ended() {
      if (stream != null && member != null) {
        stream = null;
        member.pool().released();
      }
    }

    /**
     * @param why null if the copy was served
     */
    private void finish(@Nullable MirrorDrop why) {
      if (over) {
        return;
      }
      over = true;
      wheel.remove(this);
      for (ByteBuf part = waiting.poll(); part != null; part = waiting.poll()) {
        part.release();
      }
      share.taken(waitingBytes);
      waitingBytes = 0;
      share.ended();
      if (why != null) {
        metrics.mirrorDropped(why);
      }
      ClusterMember of = member;
      if (of != null) {
        UpstreamStream cut = stream;
        ended();
        of.ended();
        if (cut == null) {
          of.pool().cancel(this);
        } else {
          cut.abandon();
        }
      }
    }
  }
}
