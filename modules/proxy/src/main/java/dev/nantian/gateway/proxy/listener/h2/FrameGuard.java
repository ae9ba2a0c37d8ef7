package dev.nantian.gateway.proxy.listener.h2;

import dev.nantian.gateway.proxy.metrics.Http2Abuse;
import dev.nantian.gateway.proxy.metrics.LoopMetrics;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Flags;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2FrameReader;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2RemoteFlowController;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Counts the frames of a client against its limits before anything else is done with them, and
 * judges those of streams that have ended.
 *
 * <p>Frames that carry requests cost nothing here but the look at the backlog; the clock is read
 * for the others only.
 *
 * <p>One for each connection, touched by its event loop only.
 */
final class FrameGuard implements Http2FrameReader {
  private static final int BYTES_PER_WINDOW_UPDATE = 512;

  private final Http2FrameReader reader;
  private final Http2Connection connection;
  private final Http2Limits limits;
  private final ResetStreams resetByUs = new ResetStreams();
  private final LoopMetrics metrics;
  private final long rateNanos;
  private final Map<Http2Abuse, int[]> counts = new EnumMap<>(Http2Abuse.class);
  private long rateStart = System.nanoTime();
  private long dataSent;
  private boolean rejected;
  private @Nullable Http2FrameListener next;
  private @Nullable Http2FrameListener counting;

  FrameGuard(
      Http2FrameReader reader,
      Http2Connection connection,
      Http2Limits limits,
      LoopMetrics metrics) {
    this.reader = reader;
    this.connection = connection;
    this.limits = limits;
    this.metrics = metrics;
    this.rateNanos = TimeUnit.MILLISECONDS.toNanos(limits.rateMillis());
  }

  @Override
  public void readFrame(ChannelHandlerContext ctx, ByteBuf in, Http2FrameListener listener)
      throws Http2Exception {
    if (rejected) {
      in.skipBytes(in.readableBytes()); // the connection is on its way to its end
      return;
    }
    Http2FrameListener counter = counting;
    if (counter == null || next != listener) {
      next = listener;
      counter = new Counting(listener);
      counting = counter;
    }
    try {
      reader.readFrame(ctx, in, counter);
    } catch (Http2Exception e) {
      if (e.error() == Http2Error.ENHANCE_YOUR_CALM && !rejected) {
        rejected = true;
        metrics.abused(Http2Abuse.CONTINUATION); // the one limit that the reader itself keeps
      }
      throw e;
    }
  }

  /** DATA went out: it pays for WINDOW_UPDATE frames. */
  void sent(int bytes) {
    dataSent += bytes;
  }

  /** We reset this stream: what is on its way on it means nothing. */
  void wasReset(int streamId) {
    resetByUs.add(streamId);
  }

  private boolean isLate(int streamId) {
    return connection.stream(streamId) == null && resetByUs.contains(streamId);
  }

  /** RFC 9113 section 5.1, half-closed (remote) and closed. */
  private boolean mayHaveFields(int streamId) throws Http2Exception {
    Http2Stream stream = connection.stream(streamId);
    if (stream != null) {
      boolean ended = !stream.state().remoteSideOpen();
      if (ended) {
        throw Http2Exception.streamError(
            streamId, Http2Error.STREAM_CLOSED, "HEADERS after END_STREAM");
      }
      return true;
    }
    if (resetByUs.contains(streamId)) {
      return false;
    }
    if (connection.remote().mayHaveCreatedStream(streamId)) {
      throw Http2Exception.connectionError(
          Http2Error.STREAM_CLOSED, "HEADERS on stream %d, which has ended", streamId);
    }
    return true;
  }

  /** We reset a stream for the client's mistake; the stream itself may be gone already. */
  void provokedReset() throws Http2Exception {
    count(Http2Abuse.PROVOKED_RESET, limits.maxProvokedResets());
  }

  private void count(Http2Abuse kind, int limit) throws Http2Exception {
    if (rejected) {
      return;
    }
    long now = System.nanoTime();
    if (now - rateStart > rateNanos) {
      rateStart = now;
      dataSent = 0;
      counts.values().forEach(count -> count[0] = 0);
    }
    if (++counts.computeIfAbsent(kind, first -> new int[1])[0] > limit) {
      reject(kind, "more than " + limit + " in " + limits.rateMillis() + " ms");
    }
  }

  private void reject(Http2Abuse kind, String why) throws Http2Exception {
    rejected = true;
    metrics.abused(kind);
    throw Http2Exception.connectionError(Http2Error.ENHANCE_YOUR_CALM, "%s: %s", kind.label(), why);
  }

  /** What has to be answered is not taken in from who does not read answers. */
  private void checkBacklog(ChannelHandlerContext ctx) throws Http2Exception {
    ChannelOutboundBuffer out = ctx.channel().unsafe().outboundBuffer();
    if (out != null && out.totalPendingWriteBytes() > limits.maxBacklogBytes()) {
      reject(
          Http2Abuse.OUTPUT_BACKLOG, "more than " + limits.maxBacklogBytes() + " bytes not read");
    }
  }

  /**
   * RFC 9113 section 6.9.2: an initial window that makes any window too large is an error of the
   * connection. Netty would end only the stream.
   */
  private void checkWindows(Http2Settings settings) throws Http2Exception {
    Integer initial = settings.initialWindowSize();
    if (initial == null) {
      return;
    }
    Http2RemoteFlowController windows = connection.remote().flowController();
    int more = initial - windows.initialWindowSize();
    Http2Stream over =
        connection.forEachActiveStream(
            stream -> (long) windows.windowSize(stream) + more <= Integer.MAX_VALUE);
    if (over != null) {
      throw Http2Exception.connectionError(
          Http2Error.FLOW_CONTROL_ERROR,
          "initial window %d overflows stream %d",
          initial,
          over.id());
    }
  }

  @Override
  public Configuration configuration() {
    return reader.configuration();
  }

  @Override
  public void close() {
    reader.close();
  }

  private final class Counting extends Http2FrameListenerDecorator {
    Counting(Http2FrameListener next) {
      super(next);
    }

    @Override
    public int onDataRead(
        ChannelHandlerContext ctx, int streamId, ByteBuf data, int padding, boolean endOfStream)
        throws Http2Exception {
      if (!endOfStream && !data.isReadable()) {
        count(Http2Abuse.EMPTY_DATA, limits.maxEmptyData());
      }
      if (isLate(streamId)) {
        // It counts against the connection's window all the same, and is given back at once.
        connection
            .local()
            .flowController()
            .receiveFlowControlledFrame(null, data, padding, endOfStream);
        return data.readableBytes() + padding;
      }
      return super.onDataRead(ctx, streamId, data, padding, endOfStream);
    }

    @Override
    public void onHeadersRead(
        ChannelHandlerContext ctx,
        int streamId,
        Http2Headers headers,
        int padding,
        boolean endOfStream)
        throws Http2Exception {
      checkBacklog(ctx);
      if (mayHaveFields(streamId)) {
        super.onHeadersRead(ctx, streamId, headers, padding, endOfStream);
      }
    }

    @Override
    public void onHeadersRead(
        ChannelHandlerContext ctx,
        int streamId,
        Http2Headers headers,
        int streamDependency,
        short weight,
        boolean exclusive,
        int padding,
        boolean endOfStream)
        throws Http2Exception {
      checkBacklog(ctx);
      if (mayHaveFields(streamId)) {
        super.onHeadersRead(
            ctx, streamId, headers, streamDependency, weight, exclusive, padding, endOfStream);
      }
    }

    @Override
    public void onPriorityRead(
        ChannelHandlerContext ctx,
        int streamId,
        int streamDependency,
        short weight,
        boolean exclusive)
        throws Http2Exception {
      count(Http2Abuse.PRIORITY, limits.maxPriorities());
      super.onPriorityRead(ctx, streamId, streamDependency, weight, exclusive);
    }

    @Override
    public void onRstStreamRead(ChannelHandlerContext ctx, int streamId, long errorCode)
        throws Http2Exception {
      count(Http2Abuse.RAPID_RESET, limits.maxResets());
      if (!isLate(streamId)) {
        super.onRstStreamRead(ctx, streamId, errorCode);
      }
    }

    @Override
    public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings settings)
        throws Http2Exception {
      count(Http2Abuse.SETTINGS, limits.maxSettings());
      checkBacklog(ctx);
      checkWindows(settings);
      super.onSettingsRead(ctx, settings);
    }

    @Override
    public void onPingRead(ChannelHandlerContext ctx, long data) throws Http2Exception {
      count(Http2Abuse.PING, limits.maxPings());
      checkBacklog(ctx);
      super.onPingRead(ctx, data);
    }

    @Override
    public void onWindowUpdateRead(ChannelHandlerContext ctx, int streamId, int increment)
        throws Http2Exception {
      long paid = dataSent / BYTES_PER_WINDOW_UPDATE;
      count(
          Http2Abuse.WINDOW_UPDATE,
          (int) Math.min(Integer.MAX_VALUE, limits.maxWindowUpdates() + paid));
      if (!isLate(streamId)) {
        super.onWindowUpdateRead(ctx, streamId, increment);
      }
    }

    @Override
    public void onUnknownFrame(
        ChannelHandlerContext ctx, byte type, int streamId, Http2Flags flags, ByteBuf payload)
        throws Http2Exception {
      count(Http2Abuse.UNKNOWN_FRAME, limits.maxUnknownFrames());
      super.onUnknownFrame(ctx, type, streamId, flags, payload);
    }
  }
}
