package dev.nantian.gateway.proxy.log;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes access entries as JSON lines.
 *
 * <p>{@link #offer} is for any thread and never waits: if the writer cannot keep up, entries are
 * dropped and counted rather than requests delayed.
 */
public final class AccessLog implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AccessLog.class);
  private static final long POLL_MILLIS = 200;

  private final BlockingQueue<AccessEntry> queue;
  private final OutputStream out;
  private final boolean ownsOut;
  private final JsonFactory json = new JsonFactory();
  private final AtomicLong dropped = new AtomicLong();
  private final Thread writer;
  private volatile boolean closing;
  private boolean failed;

  /**
   * Opens the file and starts the writer.
   *
   * @throws IOException if the file cannot be opened for appending
   */
  public static AccessLog open(AccessLogSettings settings) throws IOException {
    OutputStream target =
        settings.file() == null
            ? System.out
            : Files.newOutputStream(
                settings.file(), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    return new AccessLog(target, settings.file() != null, settings.queueLength());
  }

  private AccessLog(OutputStream target, boolean ownsOut, int queueLength) {
    this.queue = new ArrayBlockingQueue<>(queueLength);
    this.out = new BufferedOutputStream(target, 64 << 10);
    this.ownsOut = ownsOut;
    this.writer = Thread.ofPlatform().name("access-log").daemon().start(this::run);
  }

  /** Hands an entry over, or drops it if too many wait. */
  public void offer(AccessEntry entry) {
    if (!queue.offer(entry)) {
      dropped.incrementAndGet();
    }
  }

  /** Entries dropped since the start. */
  public long dropped() {
    return dropped.get();
  }

  private void run() {
    try {
      while (true) {
        @Nullable AccessEntry entry = queue.poll(POLL_MILLIS, TimeUnit.MILLISECONDS);
        if (entry != null) {
          write(entry);
          if (queue.isEmpty()) {
            flush();
          }
        } else if (closing) {
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void write(AccessEntry entry) {
    try (JsonGenerator line = json.createGenerator(out)) {
      line.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
      line.disable(JsonGenerator.Feature.FLUSH_PASSED_TO_STREAM);
      line.writeStartObject();
      line.writeStringField("time", Instant.ofEpochMilli(entry.epochMillis()).toString());
      line.writeStringField("client", entry.client());
      line.writeBooleanField("tls", entry.tls());
      line.writeStringField("protocol", entry.protocol());
      line.writeStringField("method", entry.method());
      line.writeStringField("host", entry.host());
      line.writeStringField("path", entry.path());
      line.writeNumberField("status", entry.status());
      line.writeNumberField("durationMicros", entry.durationNanos() / 1_000);
      line.writeNumberField("bytesReceived", entry.bytesReceived());
      line.writeNumberField("bytesSent", entry.bytesSent());
      optional(line, "route", entry.route());
      if (!entry.route().isEmpty()) {
        line.writeNumberField("rule", entry.rule());
      }
      optional(line, "backend", entry.backend());
      optional(line, "endpoint", entry.endpoint());
      optional(line, "requestId", entry.requestId());
      optional(line, "userAgent", entry.userAgent());
      optional(line, "refusal", entry.refusal());
      line.writeEndObject();
      line.writeRaw('\n');
    } catch (IOException e) {
      failed(e);
    }
  }

  private static void optional(JsonGenerator line, String name, String value) throws IOException {
    if (!value.isEmpty()) {
      line.writeStringField(name, value);
    }
  }

  private void flush() {
    try {
      out.flush();
    } catch (IOException e) {
      failed(e);
    }
  }

  /** A full disk must not fill the other log as well: said once, then counted. */
  private void failed(IOException e) {
    dropped.incrementAndGet();
    if (!failed) {
      failed = true;
      LOG.error("access log cannot be written: {}", e.getMessage());
    }
  }

  /** Writes what waits, then ends. */
  @Override
  public void close() throws IOException {
    closing = true;
    try {
      writer.join(TimeUnit.SECONDS.toMillis(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (ownsOut) {
      out.close();
    }
  }
}
