package dev.nantian.gateway.proxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.config.Endpoint;
import dev.nantian.gateway.proxy.http.HttpLimits;
import dev.nantian.gateway.proxy.http.ResponseHead;
import dev.nantian.gateway.proxy.http.Trailers;
import dev.nantian.gateway.proxy.loop.DeadlineWheel;
import dev.nantian.gateway.proxy.loop.Transport;
import dev.nantian.gateway.proxy.loop.TransportChoice;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.DefaultEventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.ChannelOutputShutdownEvent;
import io.netty.channel.socket.ChannelOutputShutdownException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A user that takes its time between the response's head and {@code resume}. */
class Http1UpstreamConnectionTest {
  private static final String HEAD = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n";

  private final DefaultEventLoop loop = new DefaultEventLoop();
  private final EmbeddedChannel channel =
      new EmbeddedChannel() {
        @Override
        protected void doBeginRead() throws Exception {
          if (descriptorClosed) {
            throw new java.io.UncheckedIOException(
                new java.io.IOException("epoll_ctl(..) failed")); // as epoll does
          }
          super.doBeginRead();
        }

        @Override
        public boolean isOpen() {
          return !descriptorClosed && super.isOpen();
        }
      };
  private boolean descriptorClosed; // the handlers hear of it in a later task
  private final UpstreamCounts counts = new UpstreamCounts();
  private final Http1UpstreamConnection connection = connection();
  private final Recorder user = new Recorder();

  private Http1UpstreamConnection connection() {
    DeadlineWheel wheel = new DeadlineWheel(loop);
    UpstreamSettings settings = UpstreamSettings.DEFAULT;
    Connector connector =
        new Connector(
            loop, Transport.choose(TransportChoice.NIO), wheel, settings, HttpLimits.DEFAULT);
    Endpoint endpoint = new Endpoint(new InetSocketAddress(InetAddress.getLoopbackAddress(), 1));
    EndpointPool pool =
        new EndpointPool(endpoint, Cluster.Protocol.HTTP1, null, null, connector, settings, counts);
    Http1UpstreamConnection made =
        new Http1UpstreamConnection(pool, wheel, HttpLimits.DEFAULT, channel);
    channel.pipeline().addLast(made);
    return made;
  }

  private static ByteBuf bytes(String text) {
    return Unpooled.directBuffer().writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  @AfterEach
  void stop() {
    channel.finishAndReleaseAll();
    var unused = loop.shutdownGracefully();
  }

  @Test
  void whatIsHeldIsReleasedWhenTheUserGivesUp() {
    connection.begin(user);
    ByteBuf read = bytes(HEAD + "abc");
    channel.writeInbound(read);

    connection.abandon();
    channel.runPendingTasks();

    assertThat(read.refCnt()).isZero();
  }

  @Test
  void aBodyThatCameInSeveralReadsFollowsItsHead() {
    connection.begin(user);
    channel.writeInbound(bytes(HEAD + "abc"));
    channel.writeInbound(bytes("de"));
    channel.writeInbound(bytes("f"));

    boolean whole = connection.holdsWholeHead();
    connection.resume(whole);

    assertThat(user.received).hasToString((whole ? HEAD : "") + "abcdef");
    assertThat(user.ended).isTrue();
  }

  @Test
  void readingGoesOnAndWhatWasReadIsFlushedAfterALateResume() {
    connection.begin(user);
    channel.writeInbound(bytes(HEAD + "abc"));
    channel.writeInbound(bytes("d"));
    user.readsCompleted = 0;

    connection.resume(false);

    assertThat(user.received).hasToString("abcd");
    assertThat(user.readsCompleted).isPositive();
    assertThat(channel.config().isAutoRead()).isTrue();
  }

  @Test
  void aHeldBodyThatTheCloseEndsIsComplete() {
    connection.begin(user);
    channel.writeInbound(bytes("HTTP/1.1 200 OK\r\n\r\nabc"));
    var unused = channel.close();
    channel.runPendingTasks();

    connection.resume(false);

    assertThat(user.failure).isNull();
    assertThat(user.received).hasToString("abc");
    assertThat(user.ended).isTrue();
  }

  @Test
  void anEndThatIsReadAfterTheCloseAsksForNoMoreReading() {
    connection.begin(user);
    channel.writeInbound(bytes(HEAD + "abc"));
    connection.resume(false);
    connection.readable(false);
    descriptorClosed = true;

    channel.pipeline().fireChannelRead(bytes("def"));
    channel.runPendingTasks();

    assertThat(user.ended).isTrue();
    assertThat(counts.handlerFailures()).isZero();
  }

  @Test
  void anExceptionOfOurOwnCodeIsCountedAndTheUserHearsOfIt() {
    user.throwsAtHead = true;
    connection.begin(user);

    channel.writeInbound(bytes(HEAD));

    assertThat(user.failure).isEqualTo(UpstreamFailure.INTERNAL);
    assertThat(counts.handlerFailures()).isEqualTo(1);
  }

  /** The endpoint answered, then closed with unread bytes, so that our next write was refused. */
  @Test
  void aFailedWriteDoesNotLoseTheResponseThatWaitsToBeRead() {
    connection.begin(user);
    channel
        .pipeline()
        .fireExceptionCaught(new ChannelOutputShutdownException("for the test"))
        .fireUserEventTriggered(ChannelOutputShutdownEvent.INSTANCE);

    channel.writeInbound(bytes(HEAD + "abcdef"));
    connection.resume(false);

    assertThat(user.failure).isNull();
    assertThat(user.received).hasToString("abcdef");
    assertThat(channel.isOpen()).isFalse(); // nothing can be written to it any more
  }

  private static final class Recorder implements UpstreamUser {
    private final ResponseHead head = new ResponseHead();
    private final Trailers trailers = new Trailers();
    private final StringBuilder received = new StringBuilder();
    private boolean ended;
    private boolean throwsAtHead;
    private int readsCompleted;
    private @org.jspecify.annotations.Nullable UpstreamFailure failure;

    @Override
    public void onConnected(UpstreamStream stream) {}

    @Override
    public void onConnectFailed(EndpointPool pool, String reason) {}

    @Override
    public void onNoRoom(EndpointPool pool, String reason) {}

    @Override
    public void onTlsFailed(EndpointPool pool, String reason) {}

    @Override
    public ResponseHead responseHead() {
      return head;
    }

    @Override
    public @org.jspecify.annotations.Nullable Trailers requestTrailers() {
      return null;
    }

    @Override
    public Trailers responseTrailers() {
      return trailers;
    }

    @Override
    public void onInterimResponse() {}

    @Override
    public void onResponseHead() {
      if (throwsAtHead) {
        throw new IllegalStateException("for the test");
      }
    }

    @Override
    public void onResponseBody(ByteBuf part, boolean last) {
      received.append(part.toString(StandardCharsets.ISO_8859_1));
      part.release();
      ended = last;
    }

    @Override
    public void onUpstreamReadComplete() {
      readsCompleted++;
    }

    @Override
    public void onUpstreamWritability() {}

    @Override
    public void onUpstreamFailed(UpstreamFailure reason) {
      failure = reason;
    }
  }
}
