package dev.nantian.gateway.proxy.log;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * @param file where to append lines; null for standard output
 * @param queueLength lines that may wait to be written; more are dropped and counted
 */
public record AccessLogSettings(@Nullable Path file, int queueLength) {
  public AccessLogSettings {
    if (queueLength < 1) {
      throw new IllegalArgumentException("queueLength: " + queueLength + " (expected 1 or more)");
    }
  }
}
