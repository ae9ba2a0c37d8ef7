package dev.nantian.gateway.proxy.listener;

import dev.nantian.gateway.proxy.config.L4Socket.Protocol;
import dev.nantian.gateway.proxy.config.ListenerSocket;
import dev.nantian.gateway.proxy.config.RuntimeConfig;
import dev.nantian.gateway.proxy.http.HttpVersion;
import dev.nantian.gateway.proxy.l4.L4Settings;
import dev.nantian.gateway.proxy.l4.Relays;
import dev.nantian.gateway.proxy.loop.Transport;
import dev.nantian.gateway.proxy.pipeline.Worker;
import dev.nantian.gateway.proxy.takeover.InheritedSockets;
import dev.nantian.gateway.proxy.takeover.LentSocket;
import io.netty.channel.EventLoopGroup;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.pekko.stream.Materializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All addresses that the proxy listens on, kept as the configuration has them.
 *
 * <p>Thread-safe; calls of {@link #apply} take effect in their order.
 */
public final class Listeners {
  private static final Logger LOG = LoggerFactory.getLogger(Listeners.class);
  private static final List<String> HTTP =
      Stream.of(HttpVersion.values()).map(HttpVersion::text).toList();
  private static final long DRAIN_CHECK_MILLIS = 20;

  private final Transport transport;
  private final EventLoopGroup group;
  private final List<Worker> workers;
  private final Materializer materializer;
  private final ConnectionSettings settings;
  private final Map<InetSocketAddress, ListeningSocket> sockets = new LinkedHashMap<>();
  private final L4Settings l4Settings;
  private final Inheritance inheritance;
  private final L4Sockets l4;
  private final List<ListeningSocket> leaving = new ArrayList<>();
  private final List<AcceptGate> gates;
  private long binds;
  private long bindFailures;
  private boolean stopping;
  private boolean handedOver;

  public Listeners(
      Transport transport,
      EventLoopGroup group,
      List<Worker> workers,
      Materializer materializer,
      ConnectionSettings settings,
      L4Settings l4Settings,
      InheritedSockets inherited,
      boolean held) {
    this.transport = transport;
    this.group = group;
    this.workers = List.copyOf(workers);
    this.materializer = materializer;
    this.settings = settings;
    this.gates =
        workers.stream()
            .map(worker -> new AcceptGate(worker.metrics(), settings.maxConnections()))
            .toList();
    this.l4Settings = l4Settings;
    this.inheritance = new Inheritance(inherited, held);
    this.l4 = new L4Sockets(transport, group, this.workers, settings, l4Settings, inheritance);
  }

  /**
   * Opens, updates and closes sockets so that they are those of {@code config}. Connections of a
   * socket that stays are not touched; those of a socket that goes are drained.
   *
   * @return completes when every loop uses the new routes, with the sockets that could not be
   *     opened. They are tried again by the next call
   */
  public synchronized CompletionStage<List<BindFailure>> apply(RuntimeConfig config) {
    if (stopping) {
      return CompletableFuture.completedFuture(List.of());
    }
    Map<InetSocketAddress, ListenerSocket> wanted = new LinkedHashMap<>();
    config.sockets().forEach(socket -> wanted.put(socket.address(), socket));
    for (InetSocketAddress address : List.copyOf(sockets.keySet())) {
      if (!wanted.containsKey(address)) {
        retire(address);
      }
    }
    List<CompletableFuture<List<BindFailure>>> results =
        new ArrayList<>(l4.apply(config.l4Sockets()));
    for (ListenerSocket socket : wanted.values()) {
      ListeningSocket open = sockets.get(socket.address());
      results.add(open == null ? open(socket) : update(open, socket));
    }
    return CompletableFuture.allOf(results.toArray(CompletableFuture[]::new))
        .thenApply(done -> results.stream().flatMap(result -> result.join().stream()).toList());
  }

  private static CompletableFuture<List<BindFailure>> update(
      ListeningSocket open, ListenerSocket socket) {
    return open.update(socket).thenApply(done -> List.<BindFailure>of()).toCompletableFuture();
  }

  private CompletableFuture<List<BindFailure>> open(ListenerSocket wanted) {
    ListeningSocket socket =
        new ListeningSocket(
            wanted,
            transport,
            group,
            workers,
            materializer,
            settings,
            worker -> gates.get(worker.index()),
            worker -> new Relays(worker, transport, l4Settings));
    sockets.put(wanted.address(), socket);
    binds++;
    return socket
        .bind(inheritance.take(Protocol.TCP, wanted.address()), inheritance.isHeld())
        .handle(
            (done, error) -> {
              if (error == null) {
                LOG.info(
                    "listening address={} tls={}",
                    ListeningSocket.text(socket.bound()),
                    wanted.tls());
                return List.<BindFailure>of();
              }
              Throwable cause =
                  error instanceof CompletionException && error.getCause() != null
                      ? error.getCause()
                      : error;
              return List.of(bindFailed(wanted.address(), socket, cause));
            })
        .toCompletableFuture();
  }

  private synchronized BindFailure bindFailed(
      InetSocketAddress address, ListeningSocket socket, Throwable cause) {
    bindFailures++;
    sockets.remove(address, socket);
    socket
        .closeAndDrain(Drain.IDLE_NOW)
        .thenCompose(done -> socket.stopPipelines())
        .whenComplete((done, error) -> logIfFailed(error));
    String reason = ListeningSocket.bindError(address, cause);
    LOG.warn("{}", reason);
    return new BindFailure(address, reason);
  }

  private void retire(InetSocketAddress address) {
    ListeningSocket socket = sockets.remove(address);
    if (socket == null) {
      return;
    }
    LOG.info("no longer listening address={}", ListeningSocket.text(socket.bound()));
    leaving.add(socket);
    socket
        .closeAndDrain(Drain.IDLE_NOW)
        .thenCompose(done -> emptied(List.of(socket), Long.MAX_VALUE))
        .thenCompose(done -> socket.stopPipelines())
        .whenComplete(
            (done, error) -> {
              logIfFailed(error);
              left(socket);
            });
  }

  /** The open sockets, for another process. They stay open here. */
  public synchronized List<LentSocket> lend() {
    List<LentSocket> all = new ArrayList<>();
    sockets.values().forEach(socket -> socket.lend().ifPresent(all::add));
    all.addAll(l4.lend());
    return all;
  }

  /** Accepts from now on, where sockets were opened held. */
  public synchronized CompletionStage<Void> accept() {
    inheritance.release();
    List<CompletableFuture<Void>> all = new ArrayList<>(l4.accept());
    sockets.values().forEach(socket -> all.add(socket.accept().toCompletableFuture()));
    return CompletableFuture.allOf(all.toArray(CompletableFuture[]::new));
  }

  /**
   * Another process accepts now, on the sockets that were lent to it: nothing is accepted here any
   * more, and every connection is told to go with its next response.
   */
  public synchronized CompletionStage<Void> handedOver() {
    stopping = true;
    handedOver = true;
    List<CompletableFuture<Void>> closed = new ArrayList<>(List.of(l4.handedOver()));
    sockets
        .values()
        .forEach(
            socket ->
                closed.add(socket.closeAndDrain(Drain.WITH_NEXT_RESPONSE).toCompletableFuture()));
    leaving.addAll(sockets.values());
    sockets.clear();
    return CompletableFuture.allOf(closed.toArray(CompletableFuture[]::new));
  }

  private synchronized void left(ListeningSocket socket) {
    leaving.remove(socket);
  }

  private static void logIfFailed(Throwable error) {
    if (error != null) {
      LOG.error("closing a socket failed", error);
    }
  }

  /** Completes when no connection is left or time is up. */
  private CompletionStage<Void> emptied(List<ListeningSocket> all, long deadlineNanos) {
    boolean empty =
        all.stream().allMatch(socket -> socket.connections() == 0)
            && (!stopping || l4.connections() == 0);
    boolean late = deadlineNanos != Long.MAX_VALUE && System.nanoTime() - deadlineNanos >= 0;
    if (empty || late) {
      return CompletableFuture.completedFuture(null);
    }
    CompletableFuture<Void> waited = new CompletableFuture<>();
    var unused =
        workers
            .get(0)
            .loop()
            .schedule(() -> waited.complete(null), DRAIN_CHECK_MILLIS, TimeUnit.MILLISECONDS);
    return waited.thenCompose(done -> emptied(all, deadlineNanos));
  }

  /**
   * Closes all sockets, lets requests under way end with {@code Connection: close}, and cuts what
   * is left at the deadline. After {@link #handedOver} connections may wait for another request
   * until then.
   *
   * @return completes with the number of requests and relayed connections that were cut
   */
  public synchronized CompletionStage<Integer> drainAndStop(Duration deadline) {
    stopping = true;
    List<ListeningSocket> all = new ArrayList<>(sockets.values());
    sockets.clear();
    long deadlineNanos = System.nanoTime() + deadline.toNanos();
    List<CompletableFuture<Void>> draining = new ArrayList<>();
    if (!handedOver) {
      draining.add(l4.close());
    }
    all.forEach(socket -> draining.add(socket.closeAndDrain(Drain.IDLE_NOW).toCompletableFuture()));
    all.addAll(leaving);
    return CompletableFuture.allOf(draining.toArray(CompletableFuture[]::new))
        .thenCompose(done -> emptied(all, deadlineNanos))
        .thenCompose(done -> l4.close())
        .thenCompose(done -> cutAll(all).thenCombine(l4.cut(), Integer::sum))
        .thenCompose(
            cut ->
                CompletableFuture.allOf(
                        all.stream()
                            .map(socket -> socket.stopPipelines().toCompletableFuture())
                            .toArray(CompletableFuture[]::new))
                    .thenApply(done -> cut));
  }

  private static CompletionStage<Integer> cutAll(List<ListeningSocket> all) {
    List<CompletableFuture<Integer>> counts =
        all.stream().map(socket -> socket.cut().toCompletableFuture()).toList();
    return CompletableFuture.allOf(counts.toArray(CompletableFuture[]::new))
        .thenApply(
            done -> {
              int cut = counts.stream().mapToInt(CompletableFuture::join).sum();
              LOG.info("drained requestsCut={}", cut);
              return cut;
            });
  }

  /** The sockets that are open: configured address to what it is bound to. */
  public synchronized List<View> view() {
    List<View> views = new ArrayList<>();
    sockets.forEach(
        (address, socket) ->
            views.add(
                new View(
                    ListeningSocket.text(address),
                    ListeningSocket.text(socket.bound()),
                    socket.connections(),
                    HTTP)));
    views.addAll(l4.view());
    return views;
  }

  /** Sockets that were to be opened so far. */
  public synchronized long binds() {
    return binds;
  }

  /** Those of them that could not be. */
  public synchronized long bindFailures() {
    return bindFailures;
  }

  /**
   * One listening address.
   *
   * @param address as configured
   * @param bound as opened: with the port that the system chose for port 0
   * @param connections open now
   * @param protocols what clients may speak on it: HTTP/2 by ALPN with TLS and by its preface
   *     without; TCP or UDP where connections are relayed only
   */
  public record View(String address, String bound, int connections, List<String> protocols) {}
}
