package dev.nantian.gateway.proxy.listener.h2;

import dev.nantian.gateway.proxy.http.Refusal;
import dev.nantian.gateway.proxy.http.Trailers;
import dev.nantian.gateway.proxy.listener.BodyRate;
import dev.nantian.gateway.proxy.listener.ClientConnection;
import dev.nantian.gateway.proxy.listener.ConnectionFaults;
import dev.nantian.gateway.proxy.listener.ConnectionSettings;
import dev.nantian.gateway.proxy.listener.Drain;
import dev.nantian.gateway.proxy.listener.OpenConnections;
import dev.nantian.gateway.proxy.listener.Peer;
import dev.nantian.gateway.proxy.loop.DeadlineWheel;
import dev.nantian.gateway.proxy.metrics.Http2Abuse;
import dev.nantian.gateway.proxy.metrics.LoopMetrics;
import dev.nantian.gateway.proxy.pipeline.Exchange;
import dev.nantian.gateway.proxy.pipeline.ListenerPipeline;
import dev.nantian.gateway.proxy.pipeline.Worker;
import dev.nantian.gateway.proxy.proxyprotocol.ProxiedClient;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.DefaultHttp2ConnectionDecoder;
import io.netty.handler.codec.http2.DefaultHttp2ConnectionEncoder;
import io.netty.handler.codec.http2.DefaultHttp2FrameReader;
import io.netty.handler.codec.http2.DefaultHttp2FrameWriter;
import io.netty.handler.codec.http2.DefaultHttp2RemoteFlowController;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersEncoder;
import io.netty.handler.codec.http2.Http2PromisedRequestVerifier;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.UniformStreamByteDistributor;
import java.util.ArrayDeque;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One client's HTTP/2 connection: its streams, its limits and its end.
 *
 * <p>Netty keeps the frames, HPACK, stream states and windows; what a frame means for a request is
 * in {@link ClientStream}. There is no channel for each stream: that costs an object graph, a
 * pipeline and several events for each request.
 *
 * <pre>
 *   OPEN --drain--> GOAWAY(all) --PING acknowledged or grace over--> GOAWAY(last) --no streams--> end
 * </pre>
 *
 * <p>Touched by its event loop only.
 */
public final class Http2ClientConnection extends Http2ConnectionHandler
    implements ClientConnection {
  private static final int ALL_STREAMS = Integer.MAX_VALUE;
  private static final long DRAIN_PING = 0x647261696eL;

  private final ListenerPipeline pipeline;
  private final OpenConnections connections;
  private final ConnectionSettings settings;
  private final Http2Limits limits;
  private final Peer peer;
  private final Worker worker;
  private final RequestSections sections;
  private final FrameGuard guard;
  private final Http2Connection.PropertyKey streamKey;
  private final ArrayDeque<ClientStream> toFlush = new ArrayDeque<>();
  private final DeadlineWheel.Entry deadline =
      new DeadlineWheel.Entry() {
        @Override
        protected void onDeadline() {
          onConnectionDeadline();
        }
      };

  private @Nullable ChannelHandlerContext ctx;
  private boolean flushScheduled;
  private boolean inRead;
  private boolean draining;
  private boolean drainAtPreface;
  private boolean lastGoAwaySent;

  /** Sets up a connection that will begin with the client's preface. */
  public static Http2ClientConnection create(
      ListenerPipeline pipeline,
      OpenConnections connections,
      ConnectionSettings settings,
      Peer peer) {
    return new Http2ClientConnection(
        new Codec(pipeline.worker(), settings), pipeline, connections, settings, peer);
  }

  /** Netty's parts, put together in the order in which they need each other. */
  private static final class Codec {
    private final Http2Connection connection;
    private final RequestSections sections;
    private final FrameGuard guard;
    private final Http2ConnectionEncoder encoder;
    private final Http2ConnectionDecoder decoder;
    private @Nullable Http2ClientConnection owner;

    Codec(Worker worker, ConnectionSettings settings) {
      Http2Limits limits = settings.http2();
      connection = new DefaultHttp2Connection(true, 0);
      connection.remote().maxActiveStreams(limits.maxStreams());
      // Clients' priorities are deprecated (RFC 9113 section 5.3.1): all streams have equal shares.
      connection
          .remote()
          .flowController(
              new DefaultHttp2RemoteFlowController(
                  connection, new UniformStreamByteDistributor(connection)));
      encoder =
          new DefaultHttp2ConnectionEncoder(
              connection, new DefaultHttp2FrameWriter(Http2HeadersEncoder.NEVER_SENSITIVE, true));
      sections =
          new RequestSections(connection, settings, () -> Objects.requireNonNull(owner).begin());
      guard =
          new FrameGuard(
              new DefaultHttp2FrameReader(sections, limits.maxSmallContinuations()),
              connection,
              limits,
              worker.metrics());
      decoder =
          new DefaultHttp2ConnectionDecoder(
              connection,
              encoder,
              guard,
              Http2PromisedRequestVerifier.ALWAYS_VERIFY,
              true,
              true,
              false); // fields are checked where they go into the head
    }
  }

  private Http2ClientConnection(
      Codec codec,
      ListenerPipeline pipeline,
      OpenConnections connections,
      ConnectionSettings settings,
      Peer peer) {
    super(codec.decoder, codec.encoder, localSettings(pipeline.worker(), settings), true, true);
    this.pipeline = pipeline;
    this.connections = connections;
    this.settings = settings;
    this.limits = settings.http2();
    this.peer = peer;
    this.worker = pipeline.worker();
    this.sections = codec.sections;
    this.guard = codec.guard;
    this.streamKey = codec.connection.newKey();
    codec.owner = this;
    gracefulShutdownTimeoutMillis(settings.headTimeoutMillis());
    decoder().frameListener(new Frames());
    encoder().flowController().listener(this::onStreamWritability);
    connection().addListener(new Closings());
  }

  private static Http2Settings localSettings(Worker worker, ConnectionSettings settings) {
    Http2Settings local =
        new Http2Settings()
            .maxConcurrentStreams(settings.http2().maxStreams())
            .initialWindowSize(settings.http2().streamWindowBytes())
            .maxHeaderListSize(settings.limits().maxHeadBytes());
    return worker.forwarding().allowsWebSocket() ? local.connectProtocolEnabled(true) : local;
  }

  private ClientStream begin() {
    Exchange exchange = worker.takeExchange();
    ClientStream stream = new ClientStream(this, exchange);
    exchange.begin(stream, pipeline);
    return stream;
  }

  private ChannelHandlerContext ctx() {
    return Objects.requireNonNull(ctx);
  }

  // Life.

  @Override
  public void handlerAdded(ChannelHandlerContext context) throws Exception {
    ctx = context;
    super.handlerAdded(context); // sends our SETTINGS
    int more = limits.connectionWindowBytes() - Http2CodecUtil.DEFAULT_WINDOW_SIZE;
    if (more > 0) {
      decoder().flowController().incrementWindowSize(connection().connectionStream(), more);
    }
    connections.add(this, context.channel());
    context.channel().closeFuture().addListener(closed -> onClosed());
    worker.wheel().arm(deadline, settings.headTimeoutMillis());
    flushSoon();
  }

  private void onClosed() {
    worker.wheel().remove(deadline);
    connections.remove(this);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
    inRead = true;
    super.channelRead(context, message);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) throws Exception {
    for (ClientStream stream = toFlush.poll(); stream != null; stream = toFlush.poll()) {
      stream.flushRequest();
    }
    inRead = false;
    super.channelReadComplete(context); // flushes
  }

  private void onConnectionDeadline() {
    if (!decoder().prefaceReceived()) {
      close();
    } else if (draining) {
      sendLastGoAway();
    } else if (connection().numActiveStreams() == 0) {
      draining = true;
      sendLastGoAway();
    } else {
      worker.wheel().arm(deadline, settings.idleTimeoutMillis());
    }
  }

  @Override
  public void drain(Drain how) {
    if (draining) {
      return;
    }
    if (!decoder().prefaceReceived()) {
      if (how == Drain.IDLE_NOW) {
        close();
      } else {
        drainAtPreface = true;
      }
      return;
    }
    draining = true;
    // RFC 9113 section 6.8: requests that are on their way to us are still taken on. Who answers
    // the PING has read the GOAWAY before it.
    sayGoAway(ALL_STREAMS);
    var unused = encoder().writePing(ctx(), false, DRAIN_PING, promise());
    worker.wheel().arm(deadline, limits.drainGraceMillis());
    flushSoon();
  }

  private void sendLastGoAway() {
    if (lastGoAwaySent) {
      close(); // armed again by who took the last GOAWAY in and does not let us end
      return;
    }
    lastGoAwaySent = true;
    sayGoAway(connection().remote().lastStreamCreated());
    flushSoon();
    endIfDrained();
  }

  private void sayGoAway(int lastStreamId) {
    var unused =
        goAway(ctx(), lastStreamId, Http2Error.NO_ERROR.code(), Unpooled.EMPTY_BUFFER, promise());
  }

  private void endIfDrained() {
    if (lastGoAwaySent && connection().numActiveStreams() == 0) {
      var unused =
          ctx().writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
      worker.wheel().arm(deadline, settings.headTimeoutMillis()); // it may never read
    }
  }

  @Override
  public int cut() {
    int busy = connection().numActiveStreams();
    close();
    return busy;
  }

  private void close() {
    var unused = ctx().close();
  }

  // Errors.

  @Override
  protected void onConnectionError(
      ChannelHandlerContext context,
      boolean outbound,
      Throwable cause,
      @Nullable Http2Exception http2Cause) {
    if (http2Cause == null && !ConnectionFaults.isOfPeer(cause)) {
      ConnectionFaults.report(peer.address(), metrics(), cause);
    }
    super.onConnectionError(context, outbound, cause, http2Cause);
  }

  @Override
  protected void onStreamError(
      ChannelHandlerContext context,
      boolean outbound,
      Throwable cause,
      Http2Exception.StreamException http2Cause) {
    Http2Stream stream = connection().stream(http2Cause.streamId());
    guard.wasReset(http2Cause.streamId());
    super.onStreamError(context, outbound, cause, http2Cause);
    closeReset(stream);
    // A refused stream cost nothing and may be tried again (RFC 9113 section 8.7).
    if (!outbound && http2Cause.error() != Http2Error.REFUSED_STREAM) {
      countProvokedReset();
    }
  }

  @Override
  public ChannelFuture resetStream(
      ChannelHandlerContext context, int streamId, long errorCode, ChannelPromise promise) {
    Http2Stream stream = connection().stream(streamId);
    guard.wasReset(streamId);
    ChannelFuture written = super.resetStream(context, streamId, errorCode, promise);
    closeReset(stream);
    return written;
  }

  /**
   * Netty closes a stream when its RST_STREAM has left; DATA that waits in the flow controller
   * would leave between the two, and nothing may follow RST_STREAM (RFC 9113 section 5.1).
   */
  private static void closeReset(@Nullable Http2Stream stream) {
    if (stream != null) {
      stream.close();
    }
  }

  private void countProvokedReset() {
    try {
      guard.provokedReset();
    } catch (Http2Exception e) {
      onError(ctx(), false, e);
    }
  }

  @Override
  protected void handleServerHeaderDecodeSizeError(
      ChannelHandlerContext context, Http2Stream stream) {
    metrics().refused(Refusal.HEAD_TOO_LARGE);
    writeFields(stream.id(), ResponseFields.of(Refusal.HEAD_TOO_LARGE.status()), true);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) throws Exception {
    if (ConnectionFaults.isOfPeer(cause)) {
      close();
    } else if (Http2CodecUtil.getEmbeddedHttp2Exception(cause) != null) {
      onError(context, false, cause);
    } else {
      ConnectionFaults.report(peer.address(), metrics(), cause);
      close();
    }
  }

  // What streams ask for.

  Peer peer() {
    return peer;
  }

  ProxiedClient proxied() {
    return ProxiedClient.of(Objects.requireNonNull(ctx).channel(), peer.serverName());
  }

  BodyRate bodyRate() {
    return new BodyRate(settings.bodies());
  }

  boolean isBodyTooLarge(long bytes) {
    return settings.bodies().isTooLarge(bytes);
  }

  LoopMetrics metrics() {
    return worker.metrics();
  }

  DeadlineWheel wheel() {
    return worker.wheel();
  }

  ByteBuf allocate(int capacity) {
    return ctx().alloc().directBuffer(capacity);
  }

  private ChannelPromise promise() {
    return ctx().newPromise();
  }

  void giveBack(Exchange exchange) {
    worker.giveBack(exchange);
  }

  boolean isWritable(Http2Stream stream) {
    return encoder().flowController().isWritable(stream);
  }

  private boolean waitsForWindow(@Nullable Http2Stream stream) {
    return stream != null && encoder().flowController().hasFlowControlled(stream);
  }

  /** How long a stream in this state may go without progress. */
  long streamIdleMillis(@Nullable Http2Stream stream) {
    return waitsForWindow(stream)
        ? Math.min(limits.stallTimeoutMillis(), settings.streamIdleTimeoutMillis())
        : settings.streamIdleTimeoutMillis();
  }

  void onStreamDeadline(Http2Stream stream) {
    if (waitsForWindow(stream)) {
      metrics().abused(Http2Abuse.WINDOW_STALL);
    }
    reset(stream.id(), Http2Error.CANCEL);
  }

  void writeFields(int streamId, Http2Headers fields, boolean endOfStream) {
    var unused = encoder().writeHeaders(ctx(), streamId, fields, 0, endOfStream, promise());
  }

  void writeTrailers(ClientStream of, int streamId, Trailers trailers) {
    ChannelPromise sent = promise();
    sent.addListener(done -> of.onOutputSent());
    var unused =
        encoder().writeHeaders(ctx(), streamId, ResponseFields.trailers(trailers), 0, true, sent);
  }

  void writeData(ClientStream of, int streamId, ByteBuf data, boolean endOfStream) {
    guard.sent(data.readableBytes());
    ChannelPromise sent = promise();
    if (endOfStream) {
      sent.addListener(done -> of.onDataEnd(done.isSuccess()));
    }
    var unused = encoder().writeData(ctx(), streamId, data, 0, endOfStream, sent);
  }

  void reset(int streamId, Http2Error error) {
    try {
      encoder().flowController().writePendingBytes(); // the part of a response that came
    } catch (Http2Exception e) {
      onError(ctx(), true, e);
    }
    var unused = resetStream(ctx(), streamId, error.code(), promise());
    flushSoon();
  }

  /** Resets a stream because its request is malformed. */
  void resetForMistake(int streamId) {
    reset(streamId, Http2Error.PROTOCOL_ERROR);
    countProvokedReset();
  }

  void returnWindow(Http2Stream stream, int count) {
    try {
      if (decoder().flowController().consumeBytes(stream, count)) {
        flushSoon();
      }
    } catch (Http2Exception e) {
      onError(ctx(), true, e);
    }
  }

  /** Lets a stream flush its request when all that was read has been handed on. */
  void flushLater(ClientStream stream) {
    if (stream.owesFlush()) {
      toFlush.add(stream);
    }
  }

  /**
   * One write for all streams whose frames come in one turn of the loop: backends' responses are
   * read one after the other, and this runs after the last.
   */
  void flushSoon() {
    if (inRead || flushScheduled) {
      return; // the end of the read flushes
    }
    flushScheduled = true;
    ctx().executor().execute(this::flushNow);
  }

  private void flushNow() {
    flushScheduled = false;
    flush(ctx());
  }

  private void onStreamWritability(Http2Stream stream) {
    ClientStream of = stream.getProperty(streamKey);
    if (of != null) {
      guarded(of, of::onWritability);
    }
  }

  /** An error of ours in one stream must not end the others. */
  private void guarded(ClientStream stream, Runnable action) {
    try {
      action.run();
    } catch (RuntimeException e) {
      ConnectionFaults.report(peer.address(), metrics(), e);
      stream.onFailed();
    }
  }

  /** What Netty lets through, for the streams. */
  private final class Frames extends Http2FrameAdapter {
    @Override
    public void onHeadersRead(
        ChannelHandlerContext context,
        int streamId,
        Http2Headers headers,
        int streamDependency,
        short weight,
        boolean exclusive,
        int padding,
        boolean endOfStream)
        throws Http2Exception {
      onHeadersRead(context, streamId, headers, padding, endOfStream);
    }

    @Override
    public void onHeadersRead(
        ChannelHandlerContext context,
        int streamId,
        Http2Headers headers,
        int padding,
        boolean endOfStream)
        throws Http2Exception {
      Http2Stream stream = connection().stream(streamId);
      ClientStream known = stream.getProperty(streamKey);
      Refusal refusal = sections.reader().finish(endOfStream);
      if (known != null) {
        guarded(known, () -> known.onTrailers(sections.trailers(), refusal));
        return;
      }
      ClientStream begun = sections.takeStream();
      stream.setProperty(streamKey, begun);
      try {
        if (begun.onHead(stream, refusal, endOfStream)) {
          resetForMistake(streamId);
        }
      } catch (RuntimeException e) {
        ConnectionFaults.report(peer.address(), metrics(), e);
        begun.onFailed();
      }
    }

    @Override
    public int onDataRead(
        ChannelHandlerContext context,
        int streamId,
        ByteBuf data,
        int padding,
        boolean endOfStream) {
      Http2Stream stream = connection().stream(streamId);
      ClientStream of = stream == null ? null : stream.getProperty(streamKey);
      int flowControlled = data.readableBytes() + padding;
      if (of == null) {
        return flowControlled;
      }
      try {
        return of.onData(data, flowControlled, endOfStream);
      } catch (RuntimeException e) {
        ConnectionFaults.report(peer.address(), metrics(), e);
        of.onFailed();
        return flowControlled;
      }
    }

    @Override
    public void onWindowUpdateRead(ChannelHandlerContext context, int streamId, int increment) {
      Http2Stream stream = connection().stream(streamId);
      ClientStream of = stream == null ? null : stream.getProperty(streamKey);
      if (of != null) {
        of.touch();
      }
    }

    @Override
    public void onSettingsRead(ChannelHandlerContext context, Http2Settings theirs) {
      if (drainAtPreface) {
        drain(Drain.WITH_NEXT_RESPONSE);
      }
    }

    @Override
    public void onPingAckRead(ChannelHandlerContext context, long data) {
      if (draining && data == DRAIN_PING && !lastGoAwaySent) {
        sendLastGoAway();
      }
    }
  }

  /** Streams that come to their end, and what that means for the connection. */
  private final class Closings extends Http2ConnectionAdapter {
    @Override
    public void onStreamClosed(Http2Stream stream) {
      ClientStream of = stream.removeProperty(streamKey);
      if (of != null) {
        of.onClosed();
      }
    }

    @Override
    public void onStreamRemoved(Http2Stream stream) {
      if (connection().numActiveStreams() == 0) {
        if (lastGoAwaySent) {
          endIfDrained();
        } else if (!draining) {
          worker.wheel().arm(deadline, settings.idleTimeoutMillis());
        }
      }
    }
  }
}
