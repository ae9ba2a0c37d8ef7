package dev.nantian.gateway.proxy.listener;

import dev.nantian.gateway.proxy.config.L4Socket.Protocol;
import dev.nantian.gateway.proxy.takeover.InheritedSockets;
import io.netty.channel.unix.FileDescriptor;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;

/**
 * What this process has from the one before it, and whether that one still accepts: then sockets
 * are opened held. Thread-safe.
 */
final class Inheritance {
  private final InheritedSockets sockets;
  private volatile boolean held;

  Inheritance(InheritedSockets sockets, boolean held) {
    this.sockets = sockets;
    this.held = held;
  }

  Optional<List<FileDescriptor>> take(Protocol protocol, InetSocketAddress address) {
    return sockets.take(protocol, address);
  }

  boolean isHeld() {
    return held;
  }

  /** The process before this one accepts no more. */
  void release() {
    held = false;
    sockets.closeLeft();
  }
}
