package dev.nantian.gateway.proxy.upstream;

import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.http.HttpLimits;
import dev.nantian.gateway.proxy.http.RequestHead;
import dev.nantian.gateway.proxy.http.Trailers;
import dev.nantian.gateway.proxy.loop.DeadlineWheel;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.AbstractHttp2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.DefaultHttp2ConnectionDecoder;
import io.netty.handler.codec.http2.DefaultHttp2ConnectionEncoder;
import io.netty.handler.codec.http2.DefaultHttp2FrameReader;
import io.netty.handler.codec.http2.DefaultHttp2FrameWriter;
import io.netty.handler.codec.http2.DefaultHttp2LocalFlowController;
import io.netty.handler.codec.http2.DefaultHttp2RemoteFlowController;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.UniformStreamByteDistributor;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/2 connection to an endpoint (RFC 9113), on Netty's frame codec, with many exchanges.
 *
 * <pre>
 *   PREFACE --first SETTINGS--> OPEN --GOAWAY, retire, stream ids used up--> RETIRED --last stream--> closed
 * </pre>
 *
 * <p>What Netty decides stays Netty's: frames, HPACK, stream states, both flow controllers. The
 * connection's receive window is refilled at once, each stream's only by what its user took: a slow
 * client holds up its own stream and no other.
 *
 * <p>Touched by its event loop only.
 */
final class Http2UpstreamConnection extends Http2ConnectionHandler implements UpstreamConnection {
  private final EndpointPool pool;
  private final DeadlineWheel wheel;
  private final Http2UpstreamSettings settings;
  private final RequestFields fields;
  private final Http2Connection.PropertyKey streamKey;
  private final List<Http2UpstreamStream> readInThisTurn = new ArrayList<>();
  private @Nullable Consumer<UpstreamConnection> onReady;
  private @Nullable ChannelHandlerContext context;
  private boolean ready;
  private boolean takesWebSockets;
  private boolean listed;
  private boolean retired;
  private boolean served;
  private boolean flushScheduled;
  private boolean reading;
  private boolean resetting;
  private final DeadlineWheel.Entry idleDeadline =
      new DeadlineWheel.Entry() {
        @Override
        protected void onDeadline() {
          if (isIdle()) {
            close();
          }
        }
      };
  private boolean heard;
  private boolean pinged;
  private final DeadlineWheel.Entry pingDeadline =
      new DeadlineWheel.Entry() {
        @Override
        protected void onDeadline() {
          onSilence();
        }
      };

  /**
   * @param tls for the scheme of requests
   * @param onReady called once, when the first SETTINGS came
   */
  static Http2UpstreamConnection create(
      EndpointPool pool,
      DeadlineWheel wheel,
      Http2UpstreamSettings settings,
      HttpLimits limits,
      boolean tls,
      Consumer<UpstreamConnection> onReady) {
    return new Builder(pool, wheel, settings, limits, tls, onReady).build();
  }

  private Http2UpstreamConnection(
      Http2ConnectionDecoder decoder,
      Http2ConnectionEncoder encoder,
      Http2Settings initial,
      Builder from) {
    super(decoder, encoder, initial);
    this.pool = from.pool;
    this.wheel = from.wheel;
    this.settings = from.settings;
    this.fields = new RequestFields(from.tls);
    this.onReady = from.onReady;
    this.streamKey = from.streamKey;
    connection().addListener(new Streams());
    connection()
        .remote()
        .flowController()
        .listener(
            changed -> {
              Http2UpstreamStream stream = changed.getProperty(streamKey);
              if (stream != null) {
                stream.writabilityChanged();
              }
            });
    gracefulShutdownTimeoutMillis(0); // closed only when nothing is under way, or for a reason
  }

  // What the pool asks.

  @Override
  public Cluster.Protocol protocol() {
    return Cluster.Protocol.HTTP2;
  }

  @Override
  public boolean isListed() {
    return listed;
  }

  @Override
  public void listed(boolean now) {
    listed = now;
  }

  @Override
  public boolean isOpen() {
    ChannelHandlerContext ctx = context;
    return ctx != null && ctx.channel().isActive();
  }

  @Override
  public boolean hasRoom() {
    Http2Connection.Endpoint<?> local = connection().local();
    return ready
        && !retired
        && local.numActiveStreams() < settings.maxStreams()
        && local.canOpenStream()
        && isOpen();
  }

  @Override
  public boolean isIdle() {
    return connection().numActiveStreams() == 0;
  }

  @Override
  public UpstreamStream begin(UpstreamUser user) {
    return new Http2UpstreamStream(this, user);
  }

  @Override
  public void park(long idleMillis) {
    wheel.arm(idleDeadline, idleMillis);
  }

  @Override
  public void retire() {
    retired = true;
    pool.retired(this);
    if (isIdle()) {
      close();
    }
  }

  private void close() {
    ChannelHandlerContext ctx = context;
    if (ctx != null) {
      var unused = ctx.channel().close();
    }
  }

  EndpointPool pool() {
    return pool;
  }

  // What streams ask.

  /** Whether the endpoint said that it knows extended CONNECT (RFC 8441 section 3). */
  boolean takesWebSockets() {
    return takesWebSockets;
  }

  /**
   * Opens a stream with a request's head.
   *
   * @return its id
   */
  int open(Http2UpstreamStream stream, RequestHead head, boolean end) {
    ChannelHandlerContext ctx = Objects.requireNonNull(context);
    int id = connection().local().incrementAndGetNextStreamId();
    if (id < 0) {
      retire();
      failSoon(stream, UpstreamFailure.UNPROCESSED);
      return 0;
    }
    ChannelPromise written = ctx.newPromise();
    var unused = encoder().writeHeaders(ctx, id, fields.of(head), 0, end, written);
    Http2Stream opened = connection().stream(id);
    if (opened == null) {
      failSoon(stream, UpstreamFailure.UNPROCESSED);
      return id;
    }
    opened.setProperty(streamKey, stream);
    if (!pingDeadline.isArmed()) {
      heard = true;
      wheel.arm(pingDeadline, settings.pingIntervalMillis());
    }
    return id;
  }

  /** Not at once: the user is just handing over its request. */
  void failSoon(Http2UpstreamStream stream, UpstreamFailure failure) {
    Objects.requireNonNull(context).executor().execute(() -> stream.lost(failure));
  }

  void writeData(int id, ByteBuf data, boolean end) {
    ChannelHandlerContext ctx = Objects.requireNonNull(context);
    var unused = encoder().writeData(ctx, id, data, 0, end, ctx.newPromise());
  }

  /** END_STREAM of a tunnel, behind what waits for the endpoint's window. */
  void writeEnd(int id, Consumer<Boolean> done) {
    ChannelHandlerContext ctx = Objects.requireNonNull(context);
    ChannelPromise written = ctx.newPromise();
    written.addListener(end -> done.accept(end.isSuccess()));
    var unused = encoder().writeData(ctx, id, Unpooled.EMPTY_BUFFER, 0, true, written);
  }

  void writeTrailers(int id, Trailers trailers) {
    ChannelHandlerContext ctx = Objects.requireNonNull(context);
    var unused =
        encoder().writeHeaders(ctx, id, fields.ofTrailers(trailers), 0, true, ctx.newPromise());
  }

  boolean isWritable(int id) {
    Http2Stream stream = connection().stream(id);
    return stream != null && connection().remote().flowController().isWritable(stream);
  }

  void consume(int id, int bytes) {
    Http2Stream stream = connection().stream(id);
    if (stream == null) {
      return; // over: its bytes went back to the connection's window
    }
    try {
      if (connection().local().flowController().consumeBytes(stream, bytes)) {
        flushSoon();
      }
    } catch (Http2Exception e) {
      onError(Objects.requireNonNull(context), false, e);
    }
  }

  void reset(int id, Http2Error code) {
    ChannelHandlerContext ctx = context;
    Http2Stream stream = connection().stream(id);
    if (ctx != null && stream != null) {
      stream.removeProperty(streamKey);
      var unused = resetStream(ctx, id, code.code(), ctx.newPromise());
      closeReset(stream);
      flushSoon();
    }
  }

  /**
   * Netty closes a stream when its RST_STREAM has left; DATA and trailers that wait in the flow
   * controller would leave between the two. What follows RST_STREAM is an error of the connection
   * (RFC 9113 section 5.1), which a client could provoke for all others that share it.
   */
  private void closeReset(Http2Stream stream) {
    resetting = true;
    stream.close();
    resetting = false;
  }

  /**
   * One write of the socket for all that is queued in this turn of the loop; what is queued while
   * we read goes when all is read.
   */
  void flushSoon() {
    if (!flushScheduled && !reading) {
      flushScheduled = true;
      Objects.requireNonNull(context)
          .executor()
          .execute(
              () -> {
                flushScheduled = false;
                flush(Objects.requireNonNull(context));
              });
    }
  }

  // The channel's events.

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) throws Exception {
    context = ctx;
    super.handlerAdded(ctx);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
    heard = true;
    reading = true;
    super.channelRead(ctx, message);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) throws Exception {
    for (int i = 0; i < readInThisTurn.size(); i++) {
      readInThisTurn.get(i).readComplete();
    }
    readInThisTurn.clear();
    reading = false;
    super.channelReadComplete(ctx);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) throws Exception {
    retired = true;
    wheel.remove(idleDeadline);
    wheel.remove(pingDeadline);
    failAll(served ? UpstreamFailure.STALE : UpstreamFailure.LOST);
    super.channelInactive(ctx);
    if (ready) {
      ready = false;
      pool.closed(this);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) throws Exception {
    if (UpstreamFaults.isOfEndpoint(cause)) {
      close();
      return;
    }
    if (!(cause instanceof Http2Exception)) {
      pool.handlerFailed(cause);
    }
    super.exceptionCaught(ctx, cause);
  }

  @Override
  protected void onConnectionError(
      ChannelHandlerContext ctx,
      boolean outbound,
      Throwable cause,
      @Nullable Http2Exception http2Cause) {
    retired = true;
    pool.retired(this);
    if (http2Cause == null && !UpstreamFaults.isOfEndpoint(cause)) {
      pool.handlerFailed(cause);
    } else {
      pool.protocolFailed(cause);
    }
    failAll(UpstreamFailure.BAD_RESPONSE);
    super.onConnectionError(ctx, outbound, cause, http2Cause);
  }

  @Override
  protected void onStreamError(
      ChannelHandlerContext ctx,
      boolean outbound,
      Throwable cause,
      Http2Exception.StreamException http2Cause) {
    Http2Stream reset = connection().stream(http2Cause.streamId());
    Http2UpstreamStream stream = reset == null ? null : reset.removeProperty(streamKey);
    super.onStreamError(ctx, outbound, cause, http2Cause);
    if (reset != null) {
      closeReset(reset);
    }
    if (stream != null) {
      pool.protocolFailed(cause);
      stream.lost(
          http2Cause.error() == Http2Error.REFUSED_STREAM
              ? UpstreamFailure.UNPROCESSED
              : UpstreamFailure.BAD_RESPONSE);
    }
  }

  private void failAll(UpstreamFailure ifUnanswered) {
    for (Http2UpstreamStream stream : streamsAbove(0)) {
      stream.lost(ifUnanswered);
    }
  }

  private List<Http2UpstreamStream> streamsAbove(int lastKnown) {
    List<Http2UpstreamStream> found = new ArrayList<>();
    try {
      connection()
          .forEachActiveStream(
              active -> {
                Http2UpstreamStream stream = active.getProperty(streamKey);
                if (stream != null && active.id() > lastKnown) {
                  found.add(stream);
                }
                return true;
              });
    } catch (Http2Exception e) {
      throw new IllegalStateException("a visitor that throws nothing", e);
    }
    return found;
  }

  private @Nullable Http2UpstreamStream stream(int id) {
    Http2Stream stream = connection().stream(id);
    return stream == null ? null : stream.getProperty(streamKey);
  }

  private void hasRoomAgain() {
    if (!retired) {
      pool.roomAgain(this);
    } else if (isIdle()) {
      close();
    }
  }

  private void onSilence() {
    ChannelHandlerContext ctx = context;
    if (ctx == null || isIdle()) {
      return; // armed again by the next request
    }
    if (heard) {
      heard = false;
      pinged = false;
      wheel.arm(pingDeadline, settings.pingIntervalMillis());
    } else if (pinged) {
      pool.protocolFailed(new java.io.IOException("no answer to PING"));
      close();
    } else {
      pinged = true;
      var unused = encoder().writePing(ctx, false, System.nanoTime(), ctx.newPromise());
      flushSoon();
      wheel.arm(pingDeadline, settings.pingTimeoutMillis());
    }
  }

  /** Room and life of the connection follow its streams. */
  private final class Streams extends Http2ConnectionAdapter {
    @Override
    public void onStreamClosed(Http2Stream closed) {
      Http2UpstreamStream stream = closed.getProperty(streamKey);
      served = true;
      if (stream != null) {
        stream.lost(UpstreamFailure.LOST); // unless it has ended well
      }
      if (!ready) {
        return;
      }
      if (resetting) {
        // Who gave the stream up is still at it; the room is for others that wait.
        Objects.requireNonNull(context)
            .executor()
            .execute(Http2UpstreamConnection.this::hasRoomAgain);
      } else {
        hasRoomAgain();
      }
    }
  }

  private final class Frames extends Http2FrameAdapter {
    private final Http2Sections sections;

    private Frames(Http2Sections sections) {
      this.sections = sections;
    }

    @Override
    public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings received) {
      Boolean announced = received.connectProtocolEnabled();
      takesWebSockets = announced == null ? takesWebSockets : announced;
      Consumer<UpstreamConnection> first = onReady;
      if (first != null) {
        onReady = null;
        ready = true;
        first.accept(Http2UpstreamConnection.this);
      } else if (ready && !retired) {
        pool.roomAgain(Http2UpstreamConnection.this); // it may take more streams now
      }
    }

    @Override
    public void onHeadersRead(
        ChannelHandlerContext ctx,
        int id,
        Http2Headers headers,
        int dependency,
        short weight,
        boolean exclusive,
        int padding,
        boolean end) {
      onHeadersRead(ctx, id, headers, padding, end);
    }

    @Override
    public void onHeadersRead(
        ChannelHandlerContext ctx, int id, Http2Headers headers, int padding, boolean end) {
      Http2UpstreamStream stream = stream(id);
      if (stream != null) {
        readInThisTurn.add(stream);
        stream.onSection(sections.reader().finish(), end);
      }
    }

    @Override
    public int onDataRead(
        ChannelHandlerContext ctx, int id, ByteBuf data, int padding, boolean end) {
      Http2UpstreamStream stream = stream(id);
      if (stream == null) {
        return data.readableBytes() + padding;
      }
      readInThisTurn.add(stream);
      return stream.onData(data, padding, end);
    }

    @Override
    public void onPingAckRead(ChannelHandlerContext ctx, long data) {
      pinged = false;
      wheel.arm(pingDeadline, settings.pingIntervalMillis());
    }

    @Override
    public void onRstStreamRead(ChannelHandlerContext ctx, int id, long code) {
      Http2UpstreamStream stream = stream(id);
      if (stream != null) {
        stream.lost(
            code == Http2Error.REFUSED_STREAM.code()
                ? UpstreamFailure.UNPROCESSED
                : UpstreamFailure.LOST);
      }
    }

    /** RFC 9113 section 6.8: what is above the last id was not and will not be processed. */
    @Override
    public void onGoAwayRead(ChannelHandlerContext ctx, int last, long code, ByteBuf debug) {
      retired = true;
      pool.retired(Http2UpstreamConnection.this);
      for (Http2UpstreamStream stream : streamsAbove(last)) {
        stream.lost(UpstreamFailure.UNPROCESSED);
      }
      if (isIdle()) {
        close();
      }
    }
  }

  private static final class Builder
      extends AbstractHttp2ConnectionHandlerBuilder<Http2UpstreamConnection, Builder> {
    private final EndpointPool pool;
    private final DeadlineWheel wheel;
    private final Http2UpstreamSettings settings;
    private final boolean tls;
    private final Consumer<UpstreamConnection> onReady;
    private final Http2Connection.PropertyKey streamKey;
    private final Http2Sections sections;

    private Builder(
        EndpointPool pool,
        DeadlineWheel wheel,
        Http2UpstreamSettings settings,
        HttpLimits limits,
        boolean tls,
        Consumer<UpstreamConnection> onReady) {
      this.pool = pool;
      this.wheel = wheel;
      this.settings = settings;
      this.tls = tls;
      this.onReady = onReady;
      DefaultHttp2Connection connection = new DefaultHttp2Connection(false);
      streamKey = connection.newKey();
      // The connection's own window refills at once: see the class.
      connection
          .local()
          .flowController(new DefaultHttp2LocalFlowController(connection, 0.5f, true));
      connection
          .remote()
          .flowController(
              new DefaultHttp2RemoteFlowController(
                  connection, new UniformStreamByteDistributor(connection)));
      sections =
          new Http2Sections(
              id -> {
                Http2Stream stream = connection.stream(id);
                return stream == null ? null : stream.getProperty(streamKey);
              },
              limits);
      Http2ConnectionEncoder encoder =
          new DefaultHttp2ConnectionEncoder(connection, new DefaultHttp2FrameWriter());
      Http2ConnectionDecoder decoder =
          new DefaultHttp2ConnectionDecoder(
              connection, encoder, new DefaultHttp2FrameReader(sections));
      codec(decoder, encoder);
      initialSettings(
          new Http2Settings()
              .pushEnabled(false)
              .initialWindowSize(settings.streamWindowBytes())
              .maxHeaderListSize(limits.maxHeadBytes()));
    }

    @Override
    protected Http2UpstreamConnection build() {
      return super.build();
    }

    @Override
    protected Http2UpstreamConnection build(
        Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings initial) {
      Http2UpstreamConnection handler =
          new Http2UpstreamConnection(decoder, encoder, initial, this);
      frameListener(handler.new Frames(sections));
      return handler;
    }
  }
}
