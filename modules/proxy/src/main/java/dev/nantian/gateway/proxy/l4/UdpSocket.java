package dev.nantian.gateway.proxy.l4;

import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.config.Endpoint;
import dev.nantian.gateway.proxy.health.Outcome;
import dev.nantian.gateway.proxy.loop.DeadlineWheel;
import dev.nantian.gateway.proxy.loop.Transport;
import dev.nantian.gateway.proxy.metrics.L4Counters;
import dev.nantian.gateway.proxy.pipeline.Worker;
import dev.nantian.gateway.proxy.route.L4Target;
import dev.nantian.gateway.proxy.upstream.ClusterMember;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DatagramPacket;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One listening UDP socket on one loop, with a session for each client address.
 *
 * <p>A session has a socket of its own towards one endpoint and lives until no datagram passed for
 * a while, the endpoint refused (ICMP) or left the configuration; the client's next datagram then
 * begins another. Datagrams are never queued beyond the sockets' buffers: what cannot be passed on
 * is dropped and counted, as a network would; so are empty datagrams, which not every transport of
 * Netty can send.
 *
 * <p>Touched by its event loop only, except for construction; {@link #sessions} may be read from
 * elsewhere, a little late.
 */
public final class UdpSocket extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(UdpSocket.class);

  /** Datagrams of one client that wait for its session's socket; it takes microseconds. */
  private static final int MAX_EARLY = 16;

  private final Supplier<@Nullable L4Target> targets;
  private final Dialer dialer;
  private final DeadlineWheel wheel;
  private final L4Settings settings;
  private final L4Counters counters;
  private final Map<InetSocketAddress, Session> sessions = new HashMap<>();
  private final List<Session> toFlush = new ArrayList<>();
  private @Nullable ChannelHandlerContext listening;

  /**
   * @param targets where the listener's datagrams go now; null for no route
   */
  public UdpSocket(
      Supplier<@Nullable L4Target> targets,
      Worker worker,
      Transport transport,
      L4Settings settings) {
    this.targets = targets;
    this.dialer = new Dialer(worker, transport, settings.connectTimeoutMillis());
    this.wheel = worker.wheel();
    this.settings = settings;
    this.counters = worker.metrics().l4();
  }

  /** Clients that have a session now. */
  public int sessions() {
    return sessions.size();
  }

  /** Ends all sessions; returns how many there were. */
  public int cut() {
    List<Session> all = List.copyOf(sessions.values());
    all.forEach(Session::end);
    return all.size();
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    listening = ctx;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    DatagramPacket datagram = (DatagramPacket) message;
    InetSocketAddress sender = datagram.sender();
    Session session = sessions.get(sender);
    L4Target target = targets.get();
    if (session != null && !session.mayGoOn(target)) {
      session.end();
      session = null;
    }
    if (session == null) {
      session = target == null ? null : begin(sender, target);
    }
    if (session == null) {
      datagram.release();
    } else {
      session.toBackend(datagram.content());
    }
  }

  private @Nullable Session begin(InetSocketAddress sender, L4Target target) {
    L4Counters.Route route = counters.route(target.route());
    if (sessions.size() >= settings.maxUdpSessions()) {
      route.dropped();
      return null;
    }
    Cluster cluster = dialer.backend(target);
    ClusterMember endpoint =
        cluster == null ? null : dialer.endpoint(cluster, sender.getAddress(), null);
    if (cluster == null || endpoint == null) {
      route.refused();
      return null;
    }
    Session session = new Session(sender, target, cluster, endpoint, route);
    sessions.put(sender, session);
    session.open();
    return session;
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    toFlush.forEach(Session::flush);
    toFlush.clear();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    // A client that went away answers with ICMP; the socket itself is well.
    LOG.debug("datagram socket address={}", ctx.channel().localAddress(), cause);
  }

  /** One client's datagrams and the answers to them. */
  private final class Session extends ChannelInboundHandlerAdapter {
    private final InetSocketAddress client;
    private final L4Target target;
    private final Cluster cluster;
    private final ClusterMember endpoint;
    private final L4Counters.Route route;
    private final ArrayDeque<ByteBuf> early = new ArrayDeque<>();
    private final DeadlineWheel.Entry idle =
        new DeadlineWheel.Entry() {
          @Override
          protected void onDeadline() {
            end();
          }
        };
    private @Nullable Channel backend;
    private @Nullable List<Endpoint> listedIn;
    private boolean listed;
    private boolean flushQueued;
    private boolean ended;

    Session(
        InetSocketAddress client,
        L4Target target,
        Cluster cluster,
        ClusterMember endpoint,
        L4Counters.Route route) {
      this.client = client;
      this.target = target;
      this.cluster = cluster;
      this.endpoint = endpoint;
      this.route = route;
    }

    void open() {
      route.opened();
      endpoint.dialling();
      wheel.arm(idle, settings.udpIdleTimeoutMillis());
      var unused =
          dialer.connectUdp(endpoint, this).addListener((ChannelFuture done) -> opened(done));
    }

    private void opened(ChannelFuture done) {
      if (ended) {
        var unused = done.channel().close();
      } else if (done.isSuccess()) {
        backend = done.channel();
        for (ByteBuf datagram = early.poll(); datagram != null; datagram = early.poll()) {
          toBackend(datagram);
        }
        flush();
      } else {
        LOG.debug("no datagram socket endpoint={}", endpoint.text(), done.cause());
        route.refused();
        end();
      }
    }

    /** A session survives changes of the configuration as long as its endpoint is still there. */
    boolean mayGoOn(@Nullable L4Target now) {
      return now != null && (target.equals(now) || uses(now)) && isListed();
    }

    /** Whether the endpoint is still the backend's; searched again only when the list changed. */
    private boolean isListed() {
      List<Endpoint> endpoints = cluster.endpoints();
      if (endpoints != listedIn) {
        listedIn = endpoints;
        listed = endpoints.contains(endpoint.endpoint());
      }
      return listed;
    }

    private boolean uses(L4Target now) {
      return now.route().equals(target.route())
          && now.backends().all().stream().anyMatch(one -> one.cluster() == cluster);
    }

    void toBackend(ByteBuf datagram) {
      wheel.arm(idle, settings.udpIdleTimeoutMillis());
      Channel to = backend;
      if (to == null && early.size() < MAX_EARLY) {
        early.add(datagram);
        return;
      }
      if (to == null || !to.isWritable() || !datagram.isReadable()) {
        route.dropped();
        datagram.release();
        return;
      }
      route.received(datagram.readableBytes());
      var unused = to.write(datagram, to.voidPromise());
      if (!flushQueued) {
        flushQueued = true;
        toFlush.add(this);
      }
    }

    void flush() {
      flushQueued = false;
      if (backend != null) {
        backend.flush();
      }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      DatagramPacket answer = (DatagramPacket) message;
      ChannelHandlerContext to = listening;
      wheel.arm(idle, settings.udpIdleTimeoutMillis());
      if (ended || to == null || !to.channel().isWritable()) {
        route.dropped();
        answer.release();
        return;
      }
      endpoint.report(Outcome.GOOD, 0);
      route.sent(answer.content().readableBytes());
      var unused = to.write(new DatagramPacket(answer.content(), client), to.voidPromise());
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
      if (listening != null) {
        listening.flush();
      }
    }

    /** ICMP "port unreachable" comes as an exception of a connected socket. */
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      LOG.debug("datagrams refused endpoint={}", endpoint.text(), cause);
      if (!ended) {
        endpoint.notReached();
        route.refused();
      }
      end();
    }

    void end() {
      if (ended) {
        return;
      }
      ended = true;
      wheel.remove(idle);
      sessions.remove(client, this);
      early.forEach(ByteBuf::release);
      early.clear();
      endpoint.hungUp();
      route.closed();
      if (backend != null) {
        var unused = backend.close();
      }
    }
  }
}
