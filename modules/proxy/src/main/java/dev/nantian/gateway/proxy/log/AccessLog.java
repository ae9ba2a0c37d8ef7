package dev.nantian.gateway.proxy.log;

import dev.nantian.gateway.proxy.loop.DeadlineWheel;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes buffers of access lines to a file.
 *
 * <p>A loop never waits for it: if the writer cannot keep up, buffers are dropped and their lines
 * counted rather than requests delayed.
 */
public final class AccessLog implements AutoCloseable {
  static final int BUFFER_BYTES = 64 << 10;

  private static final Logger LOG = LoggerFactory.getLogger(AccessLog.class);
  private static final long POLL_MILLIS = 200;

  /** Some whole lines. */
  record Lines(byte[] bytes, int length, int count) {}

  private final BlockingQueue<Lines> queue;
  private final BlockingQueue<byte[]> spare;
  private final List<LoopAccessLog> loops = new CopyOnWriteArrayList<>();
  private final OutputStream out;
  private final boolean ownsOut;
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
    return new AccessLog(target, settings.file() != null, settings.waitingBuffers());
  }

  private AccessLog(OutputStream target, boolean ownsOut, int waitingBuffers) {
    this.queue = new ArrayBlockingQueue<>(waitingBuffers);
    this.spare = new ArrayBlockingQueue<>(waitingBuffers);
    this.out = target;
    this.ownsOut = ownsOut;
    this.writer = Thread.ofPlatform().name("access-log").daemon().start(this::run);
  }

  /** The part of an event loop, for that loop alone. */
  public LoopAccessLog forLoop(DeadlineWheel wheel) {
    var loop = new LoopAccessLog(this, wheel);
    loops.add(loop);
    return loop;
  }

  /**
   * Takes lines over, or drops them if too many wait.
   *
   * @return an empty buffer to go on with
   */
  byte[] take(Lines lines) {
    if (!queue.offer(lines)) {
      dropped.addAndGet(lines.count());
      return lines.bytes();
    }
    byte[] empty = spare.poll();
    return empty == null ? new byte[BUFFER_BYTES] : empty;
  }

  /** Lines dropped since the start. */
  public long dropped() {
    return dropped.get();
  }

  private void run() {
    try {
      while (true) {
        @Nullable Lines lines = queue.poll(POLL_MILLIS, TimeUnit.MILLISECONDS);
        if (lines != null) {
          write(lines);
        } else if (closing) {
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void write(Lines lines) {
    try {
      out.write(lines.bytes(), 0, lines.length());
      out.flush();
    } catch (IOException e) {
      failed(lines, e);
    }
    if (lines.bytes().length == BUFFER_BYTES) { // not one that grew for a very long line
      var unused = spare.offer(lines.bytes());
    }
  }

  /** A full disk must not fill the other log as well: said once, then counted. */
  private void failed(Lines lines, IOException e) {
    dropped.addAndGet(lines.count());
    if (!failed) {
      failed = true;
      LOG.error("access log cannot be written: {}", e.getMessage());
    }
  }

  /** Writes what waits, then ends. The loops must have ended. */
  @Override
  public void close() throws IOException {
    closing = true;
    try {
      writer.join(TimeUnit.SECONDS.toMillis(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    loops.stream().map(LoopAccessLog::leftover).forEach(this::write);
    if (ownsOut) {
      out.close();
    }
  }
}
