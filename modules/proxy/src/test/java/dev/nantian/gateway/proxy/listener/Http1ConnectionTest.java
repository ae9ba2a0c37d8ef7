package dev.nantian.gateway.proxy.listener;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import dev.nantian.gateway.proxy.http.HttpLimits;
import dev.nantian.gateway.proxy.http.RequestHead;
import dev.nantian.gateway.proxy.l4.L4Settings;
import dev.nantian.gateway.proxy.l4.Relays;
import dev.nantian.gateway.proxy.loop.DeadlineWheel;
import dev.nantian.gateway.proxy.loop.EventLoops;
import dev.nantian.gateway.proxy.loop.LoopDispatchers;
import dev.nantian.gateway.proxy.loop.TransportChoice;
import dev.nantian.gateway.proxy.metrics.LoopMetrics;
import dev.nantian.gateway.proxy.pipeline.ForwardingSettings;
import dev.nantian.gateway.proxy.pipeline.ListenerPipeline;
import dev.nantian.gateway.proxy.pipeline.Worker;
import dev.nantian.gateway.proxy.route.ListenerEntry;
import dev.nantian.gateway.proxy.route.ListenerTable;
import dev.nantian.gateway.proxy.route.RouteTarget;
import dev.nantian.gateway.proxy.upstream.UpstreamPools;
import dev.nantian.gateway.proxy.upstream.UpstreamSettings;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.stream.Materializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A connection on a real loop whose channel the test can reach. */
@Timeout(180)
class Http1ConnectionTest {
  private ActorSystem<Void> system;
  private EventLoops loops;
  private LoopMetrics metrics;
  private ListenerPipeline pipeline;
  private Channel server;
  private final CompletableFuture<Channel> accepted = new CompletableFuture<>();

  @BeforeEach
  void start() throws Exception {
    system =
        ActorSystem.create(
            Behaviors.empty(),
            "test",
            LoopDispatchers.config(1).withFallback(ConfigFactory.load()));
    loops = EventLoops.start(system.settings().config(), TransportChoice.AUTO);
    EventLoop loop = loops.loops().getFirst();
    DeadlineWheel wheel = new DeadlineWheel(loop);
    metrics = new LoopMetrics();
    Worker worker =
        new Worker(
            0,
            loop,
            wheel,
            new UpstreamPools(
                loop, loops.transport(), wheel, UpstreamSettings.DEFAULT, HttpLimits.DEFAULT, 1),
            metrics,
            ForwardingSettings.DEFAULT,
            100,
            null);
    pipeline =
        new ListenerPipeline("test", worker, Materializer.matFromSystem(system), new NoRoutes());
    OpenConnections connections =
        new OpenConnections(metrics, new Relays(worker, loops.transport(), L4Settings.DEFAULT));
    server =
        new ServerBootstrap()
            .group(loops.group())
            .channel(loops.transport().serverChannel())
            .childHandler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel
                        .pipeline()
                        .addLast(
                            new Http1Connection(
                                channel,
                                pipeline,
                                connections,
                                ConnectionSettings.DEFAULT,
                                Peer.of(channel, null)));
                    accepted.complete(channel);
                  }
                })
            .bind(InetAddress.getLoopbackAddress(), 0)
            .sync()
            .channel();
  }

  @AfterEach
  void stop() throws Exception {
    server.close().sync();
    CompletableFuture.supplyAsync(pipeline::stop, loops.loops().getFirst())
        .thenCompose(ended -> ended)
        .get(60, TimeUnit.SECONDS);
    loops.stop().toCompletableFuture().get(60, TimeUnit.SECONDS);
    system.terminate();
  }

  @Test
  void anErrorOfOursIsCountedAndAnswered() throws Exception {
    try (Socket client = connect()) {
      Channel channel = accepted.get();

      channel.pipeline().fireExceptionCaught(new IllegalStateException("thrown by the test"));

      // The client ends its side only when it is answered: an end that the loop sees before the
      // error would close a connection that has nothing to say.
      byte[] status = client.getInputStream().readNBytes("HTTP/1.1 500 ".length());
      client.shutdownOutput();
      assertThat(new String(status, StandardCharsets.US_ASCII)).isEqualTo("HTTP/1.1 500 ");
      assertThat(new String(client.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
          .contains("connection: close");
      assertThat(metrics.connectionFailures()).isEqualTo(1);
    }
  }

  @Test
  void whatThePeerDoesIsNotOurError() throws Exception {
    try (Socket client = connect()) {
      Channel channel = accepted.get();

      channel.pipeline().fireExceptionCaught(new java.io.IOException("reset by the test"));

      assertThat(client.getInputStream().readAllBytes()).isEmpty();
      assertThat(metrics.connectionFailures()).isZero();
    }
  }

  private Socket connect() throws java.io.IOException {
    InetSocketAddress address = (InetSocketAddress) server.localAddress();
    return new Socket(address.getAddress(), address.getPort());
  }

  private static final class NoRoutes implements ListenerTable {
    @Override
    public @Nullable ListenerEntry listener(byte[] host, int offset, int length) {
      return null;
    }

    @Override
    public @Nullable RouteTarget match(ListenerEntry listener, RequestHead head) {
      return null;
    }
  }
}
