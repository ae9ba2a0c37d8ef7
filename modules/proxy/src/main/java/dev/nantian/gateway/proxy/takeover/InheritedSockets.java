package dev.nantian.gateway.proxy.takeover;

import dev.nantian.gateway.proxy.config.L4Socket.Protocol;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listening sockets of the process before this one that nobody here has adopted yet.
 *
 * <p>Thread-safe.
 */
public final class InheritedSockets {
  private static final Logger LOG = LoggerFactory.getLogger(InheritedSockets.class);

  private final Map<SocketKey, List<FileDescriptor>> left = new LinkedHashMap<>();

  /** Each socket's descriptors belong to the result. */
  public InheritedSockets(List<LentSocket> sockets) {
    sockets.forEach(socket -> left.put(socket.key(), socket.descriptors()));
  }

  /** Of a process that begins by itself. */
  public static InheritedSockets none() {
    return new InheritedSockets(List.of());
  }

  /** Hands the sockets of an address to the caller, who owns them from then on. */
  public synchronized Optional<List<FileDescriptor>> take(
      Protocol protocol, InetSocketAddress address) {
    return Optional.ofNullable(left.remove(new SocketKey(protocol, address)));
  }

  /** What was not taken. */
  public synchronized Set<SocketKey> left() {
    return Set.copyOf(left.keySet());
  }

  /** Closes what was not taken: nothing here is configured to listen there. */
  public synchronized void closeLeft() {
    left.forEach(
        (key, descriptors) -> {
          LOG.info("not taken over, no longer configured socket=\"{}\"", key);
          descriptors.forEach(InheritedSockets::close);
        });
    left.clear();
  }

  static void close(FileDescriptor descriptor) {
    try {
      descriptor.close();
    } catch (IOException e) {
      LOG.warn("an inherited socket cannot be closed: {}", e.getMessage());
    }
  }
}
