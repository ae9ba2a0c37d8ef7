package dev.nantian.gateway.proxy.listener;

import dev.nantian.gateway.proxy.config.L4Socket;
import dev.nantian.gateway.proxy.config.L4Socket.Protocol;
import dev.nantian.gateway.proxy.l4.L4Settings;
import dev.nantian.gateway.proxy.loop.Transport;
import dev.nantian.gateway.proxy.pipeline.Worker;
import dev.nantian.gateway.proxy.takeover.LentSocket;
import io.netty.channel.EventLoopGroup;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All addresses that the proxy listens on for TCP and UDP, kept as the configuration has them.
 *
 * <p>Connections of a socket that goes are left until they end by themselves; the sessions of a UDP
 * socket end with it, for without it no answer has a way back.
 *
 * <p>Thread-safe.
 */
final class L4Sockets {
  private static final Logger LOG = LoggerFactory.getLogger(L4Sockets.class);

  private record Key(InetSocketAddress address, Protocol protocol) {}

  private final Transport transport;
  private final EventLoopGroup group;
  private final List<Worker> workers;
  private final ConnectionSettings connections;
  private final L4Settings settings;
  private final Inheritance inheritance;
  private final Map<Key, L4ListeningSocket> sockets = new LinkedHashMap<>();
  private final List<L4ListeningSocket> leaving = new ArrayList<>();

  L4Sockets(
      Transport transport,
      EventLoopGroup group,
      List<Worker> workers,
      ConnectionSettings connections,
      L4Settings settings,
      Inheritance inheritance) {
    this.connections = connections;
    this.inheritance = inheritance;
    this.transport = transport;
    this.group = group;
    this.workers = workers;
    this.settings = settings;
  }

  /** As {@link Listeners#apply}. */
  synchronized List<CompletableFuture<List<BindFailure>>> apply(List<L4Socket> config) {
    Map<Key, L4Socket> wanted = new LinkedHashMap<>();
    config.forEach(socket -> wanted.put(new Key(socket.address(), socket.protocol()), socket));
    leaving.removeIf(socket -> socket.connections() == 0);
    for (Key key : List.copyOf(sockets.keySet())) {
      L4ListeningSocket open = sockets.get(key);
      if (!wanted.containsKey(key) && open != null) {
        sockets.remove(key);
        leaving.add(open);
        LOG.info("no longer listening address={} protocol={}", key.address, key.protocol);
        logIfFailed(open.close());
      }
    }
    List<CompletableFuture<List<BindFailure>>> results = new ArrayList<>();
    wanted.forEach(
        (key, socket) -> {
          L4ListeningSocket open = sockets.get(key);
          if (open == null) {
            results.add(open(key, socket));
          } else {
            open.target(socket.target());
          }
        });
    return results;
  }

  private CompletableFuture<List<BindFailure>> open(Key key, L4Socket wanted) {
    var socket = new L4ListeningSocket(wanted, workers, transport, group, connections, settings);
    sockets.put(key, socket);
    return socket
        .bind(inheritance.take(key.protocol, key.address), inheritance.isHeld())
        .handle(
            (done, error) -> {
              if (error == null) {
                LOG.info(
                    "listening address={} protocol={}",
                    ListeningSocket.text(socket.bound()),
                    key.protocol);
                return List.<BindFailure>of();
              }
              Throwable cause =
                  error instanceof CompletionException && error.getCause() != null
                      ? error.getCause()
                      : error;
              return List.of(bindFailed(key, socket, cause));
            })
        .toCompletableFuture();
  }

  private synchronized BindFailure bindFailed(Key key, L4ListeningSocket socket, Throwable cause) {
    sockets.remove(key, socket);
    logIfFailed(socket.close());
    String reason = ListeningSocket.bindError(key.address, cause);
    LOG.warn("{}", reason);
    return new BindFailure(key.address, reason);
  }

  private static void logIfFailed(CompletionStage<Void> closing) {
    closing.whenComplete(
        (done, error) -> {
          if (error != null) {
            LOG.error("closing a socket failed", error);
          }
        });
  }

  /** Its sockets, for another process. */
  synchronized List<LentSocket> lend() {
    return sockets.values().stream().flatMap(socket -> socket.lend().stream()).toList();
  }

  /** Accepts and reads from now on, where sockets were opened held. */
  synchronized List<CompletableFuture<Void>> accept() {
    return sockets.values().stream().map(one -> one.accept().toCompletableFuture()).toList();
  }

  /** Another process accepts and reads now; connections and sessions here go on. */
  synchronized CompletableFuture<Void> handedOver() {
    leaving.addAll(sockets.values());
    List<CompletableFuture<Void>> closed =
        sockets.values().stream().map(one -> one.handedOver().toCompletableFuture()).toList();
    sockets.clear();
    return CompletableFuture.allOf(closed.toArray(CompletableFuture[]::new));
  }

  /** Closes all sockets. */
  synchronized CompletableFuture<Void> close() {
    leaving.addAll(sockets.values());
    sockets.clear();
    return CompletableFuture.allOf(
        leaving.stream()
            .map(socket -> socket.close().toCompletableFuture())
            .toArray(CompletableFuture[]::new));
  }

  /** Relayed connections and sessions, those of closed sockets included. */
  synchronized int connections() {
    return sockets.values().stream().mapToInt(L4ListeningSocket::connections).sum()
        + leaving.stream().mapToInt(L4ListeningSocket::connections).sum();
  }

  /** Ends what {@link #connections} counts, after {@link #close}; completes with the number. */
  synchronized CompletionStage<Integer> cut() {
    List<CompletableFuture<Integer>> counts =
        leaving.stream().map(socket -> socket.cut().toCompletableFuture()).toList();
    return CompletableFuture.allOf(counts.toArray(CompletableFuture[]::new))
        .thenApply(done -> counts.stream().mapToInt(CompletableFuture::join).sum());
  }

  synchronized List<Listeners.View> view() {
    return sockets.entrySet().stream()
        .map(
            entry ->
                new Listeners.View(
                    ListeningSocket.text(entry.getKey().address)
                        + (entry.getKey().protocol == Protocol.UDP ? "/udp" : ""),
                    ListeningSocket.text(entry.getValue().bound()),
                    entry.getValue().connections(),
                    List.of(entry.getKey().protocol.name())))
        .toList();
  }
}
