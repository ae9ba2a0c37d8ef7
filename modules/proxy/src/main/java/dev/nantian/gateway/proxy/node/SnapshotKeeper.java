package dev.nantian.gateway.proxy.node;

import dev.nantian.gateway.proxy.config.ConfigStore;
import dev.nantian.gateway.proxy.snapshot.SnapshotFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * When the snapshot is written: not at each change, for a burst of changes is written once, and one
 * write at a time. Owned by {@link ConfigActor}, which sets the timer and hands back the results.
 */
final class SnapshotKeeper {
  /** After a change, how long to wait for others. */
  static final Duration DELAY = Duration.ofMillis(100);

  private static final Logger LOG = LoggerFactory.getLogger(SnapshotKeeper.class);

  private final @Nullable SnapshotFile file;
  private final Executor blocking;
  private final ConfigMetrics metrics;
  private SnapshotStart start = SnapshotStart.NOTHING;
  private boolean due;
  private boolean writing;

  /**
   * @param file null to keep none
   */
  SnapshotKeeper(@Nullable SnapshotFile file, Executor blocking, ConfigMetrics metrics) {
    this.file = file;
    this.blocking = blocking;
    this.metrics = metrics;
  }

  /** Reads what is on disk, on the caller's thread; empty if nothing there can be used. */
  List<ConfigStore.Update> load() {
    if (file == null) {
      return List.of();
    }
    return switch (file.read()) {
      case SnapshotFile.Content.Absent _ -> {
        LOG.info("no snapshot file={}", file.file());
        yield List.of();
      }
      case SnapshotFile.Content.Damaged(String reason) -> {
        LOG.error("snapshot not used: {}", reason);
        start = new SnapshotStart("", reason);
        metrics.snapshotDamaged();
        yield List.of();
      }
      case SnapshotFile.Content.Loaded(var updates, var from, String damaged) -> {
        if (!damaged.isEmpty()) {
          LOG.error("snapshot not used, serving from the one before it: {}", damaged);
          metrics.snapshotDamaged();
        }
        LOG.info(
            "serving from snapshot file={} resources={}",
            from,
            updates.stream().mapToInt(update -> update.resources().size()).sum());
        start = new SnapshotStart(from.toString(), damaged);
        yield updates;
      }
    };
  }

  /** What {@link #load} found. */
  SnapshotStart start() {
    return start;
  }

  /**
   * Takes note of a change.
   *
   * @return whether a timer for {@link #write} should run
   */
  boolean changed() {
    due = file != null;
    return due && !writing;
  }

  /** Whether nothing is left to be written. */
  boolean quiet() {
    return !due && !writing;
  }

  /**
   * Writes if something has changed and no other write is under way.
   *
   * @return completes when written, or fails; null if there is nothing to do
   */
  @Nullable CompletionStage<Void> write(Supplier<List<ConfigStore.Update>> inForce) {
    SnapshotFile to = file;
    if (to == null || writing || !due) {
      return null;
    }
    due = false;
    writing = true;
    List<ConfigStore.Update> content = inForce.get();
    return CompletableFuture.runAsync(
        () -> {
          try {
            to.write(content);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        },
        blocking);
  }

  /**
   * The write is over.
   *
   * @return whether another one is due
   */
  boolean written(@Nullable Throwable error) {
    writing = false;
    if (error != null) {
      LOG.error("snapshot not written; the one before stays", error);
    }
    return due;
  }
}
