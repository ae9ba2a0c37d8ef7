package dev.nantian.gateway.proxy.log;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * @param file where to append lines; null for standard output
 * @param waitingBuffers buffers of 64 KiB, some 150 lines each, that may wait to be written; more
 *     are dropped and their lines counted
 */
public record AccessLogSettings(@Nullable Path file, int waitingBuffers) {
  public AccessLogSettings {
    if (waitingBuffers < 1) {
      throw new IllegalArgumentException(
          "waitingBuffers: " + waitingBuffers + " (expected 1 or more)");
    }
  }
}
