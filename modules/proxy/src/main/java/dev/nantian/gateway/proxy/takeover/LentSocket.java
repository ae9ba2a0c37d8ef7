package dev.nantian.gateway.proxy.takeover;

import io.netty.channel.unix.FileDescriptor;
import java.util.List;

/**
 * A listening address and the kernel's sockets behind it, one for each loop that listens.
 *
 * @param descriptors still owned by whoever lends them; never empty
 */
public record LentSocket(SocketKey key, List<FileDescriptor> descriptors) {
  public LentSocket {
    descriptors = List.copyOf(descriptors);
    if (descriptors.isEmpty()) {
      throw new IllegalArgumentException(key + ": no descriptors (expected 1 or more)");
    }
  }
}
