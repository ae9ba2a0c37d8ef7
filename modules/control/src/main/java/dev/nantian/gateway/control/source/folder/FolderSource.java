package dev.nantian.gateway.control.source.folder;

import dev.nantian.gateway.control.source.Diagnostic;
import dev.nantian.gateway.control.source.Diagnostic.Severity;
import dev.nantian.gateway.control.source.Place;
import dev.nantian.gateway.control.source.ResourceSource;
import dev.nantian.gateway.control.source.SourceEvent;
import dev.nantian.gateway.control.source.SourceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches a folder of YAML and JSON files, with all folders below it. Names that begin with a dot
 * are passed over.
 *
 * <p>What an edit adds or changes is told within milliseconds: changes wake the thread, and one
 * write's burst of wakes is taken together. What an edit takes away (an object no longer in its
 * file, a file gone or no longer readable) is told only when it has stayed so for {@link
 * Timing#settle}: an editor that truncates and writes, or moves the old file away first, must not
 * delete objects for an instant. So is a file whose last line has no end, the mark of a write that
 * is not over. A slow rescan finds what the operating system did not report.
 *
 * <p>One daemon thread of its own does all reading and calls the sink.
 */
public final class FolderSource implements ResourceSource {

  private static final Logger LOG = LoggerFactory.getLogger(FolderSource.class);
  private static final long MIN_POLL_NANOS = Duration.ofMillis(1).toNanos();

  private final Path folder;
  private final Timing timing;
  private final FolderState state = new FolderState();
  private final FolderFiles files;
  private final Map<String, Long> settlesAtNanos = new HashMap<>();
  private @Nullable Thread thread;
  private volatile boolean closed;
  private boolean folderGone;

  /**
   * How long the source waits for what.
   *
   * @param burst after a change, how long without another one until files are read
   * @param settle how long a loss must last to be believed
   * @param rescan how often the whole folder is looked through
   */
  public record Timing(Duration burst, Duration settle, Duration rescan) {
    /**
     * 2 ms, 500 ms, 2 s. A writer that truncates a file and then fills it can be kept from the
     * processor in between: at 50 ms, routes of such a file were dropped for a moment on a
     * saturated machine.
     */
    public static final Timing STANDARD =
        new Timing(Duration.ofMillis(2), Duration.ofMillis(500), Duration.ofSeconds(2));
  }

  /** Watches {@code folder} with the standard timing. */
  public FolderSource(Path folder) {
    this(folder, Timing.STANDARD);
  }

  /** Watches {@code folder}; nothing is read before {@link #start}. */
  public FolderSource(Path folder, Timing timing) {
    this.folder = folder;
    this.timing = timing;
    this.files = new FolderFiles(folder);
  }

  @Override
  public void start(Consumer<SourceEvent> sink) {
    if (!Files.exists(folder)) {
      throw new SourceException(
          "folder " + folder + ": does not exist (expected a folder of YAML files)");
    }
    if (!Files.isDirectory(folder)) {
      throw new SourceException(
          "folder " + folder + ": not a folder (expected a folder of YAML files)");
    }
    try {
      // The watch begins before the first look, so that nothing falls between the two.
      files.open();
    } catch (IOException e) {
      throw new SourceException(
          "folder " + folder + ": " + ManifestWalk.reason(e) + " (expected a readable folder)", e);
    }
    Thread worker = new Thread(() -> run(sink), "folder-source");
    worker.setDaemon(true);
    thread = worker;
    worker.start();
  }

  @Override
  public void close() {
    closed = true;
    files.close();
    Thread worker = thread;
    if (worker != null && worker != Thread.currentThread()) {
      boolean interrupted = false;
      while (worker.isAlive()) {
        try {
          worker.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void run(Consumer<SourceEvent> sink) {
    guarded(sink, () -> tell(state.apply(rescan()), sink));
    guarded(sink, () -> sink.accept(new SourceEvent.Synced()));
    long nextRescan = System.nanoTime() + timing.rescan.toNanos();
    while (!closed) {
      long now = System.nanoTime();
      long wake = nextRescan;
      for (long settlesAt : settlesAtNanos.values()) {
        wake = Math.min(wake, settlesAt);
      }
      FolderFiles.Touched touched = files.await(Math.max(wake - now, MIN_POLL_NANOS), timing.burst);
      if (closed) {
        return;
      }
      long woken = System.nanoTime();
      boolean everything = touched.everything() || woken - nextRescan >= 0;
      if (everything) {
        nextRescan = woken + timing.rescan.toNanos();
      }
      guarded(sink, () -> look(touched.names(), everything, woken, sink));
    }
  }

  /** Looks at what was touched and at what has had time to settle. */
  private void look(Set<String> touched, boolean everything, long now, Consumer<SourceEvent> sink) {
    Map<String, FileChange> changes = everything ? rescan() : new TreeMap<>();
    Set<String> settled = new HashSet<>();
    Map.copyOf(settlesAtNanos)
        .forEach(
            (name, at) -> {
              if (!touched.contains(name) && now - at >= 0) {
                settled.add(name);
              }
            });
    Set<String> names = new HashSet<>(touched);
    names.addAll(settled);
    for (String name : names) {
      FileChange change = files.read(name, settlesAtNanos.containsKey(name));
      if (change != null) {
        changes.put(name, change);
      }
    }
    Set<String> doubtful = state.lossy(changes);
    changes.keySet().stream().filter(files::endsInMidLine).forEach(doubtful::add);
    doubtful.removeAll(settled);
    for (String name : doubtful) {
      changes.remove(name);
      long settlesAt = now + timing.settle.toNanos();
      // Each touch of the file itself begins the wait anew; looks for another reason do not.
      if (touched.contains(name)) {
        settlesAtNanos.put(name, settlesAt);
      } else {
        settlesAtNanos.putIfAbsent(name, settlesAt);
      }
    }
    settlesAtNanos.keySet().removeAll(changes.keySet());
    settlesAtNanos.keySet().removeAll(settled);
    if (!changes.isEmpty()) {
      tell(state.apply(changes), sink);
    }
    if (everything) {
      tellOfFolder(sink);
    }
  }

  private Map<String, FileChange> rescan() {
    return files.scan(state.fileNames());
  }

  private void tellOfFolder(Consumer<SourceEvent> sink) {
    String problem = files.folderProblem();
    if (problem != null && !folderGone) {
      String subject = folder.toString();
      Diagnostic diagnostic =
          new Diagnostic(
              Severity.ERROR,
              null,
              "",
              new Place(subject, 0, 0),
              problem + " (expected a readable folder); its last objects stay in force");
      sink.accept(new SourceEvent.Rejected(subject, List.of(diagnostic)));
    } else if (problem == null && folderGone) {
      sink.accept(new SourceEvent.Recovered(folder.toString()));
    }
    folderGone = problem != null;
  }

  private void tell(List<SourceEvent> events, Consumer<SourceEvent> sink) {
    for (SourceEvent event : events) {
      if (closed) {
        return;
      }
      sink.accept(event);
    }
  }

  /** One failure must not end the watch of everything else. */
  private void guarded(Consumer<SourceEvent> sink, Runnable step) {
    try {
      step.run();
    } catch (RuntimeException e) {
      LOG.error("folder={} event=read_failed sink={}", folder, sink.getClass().getName(), e);
    }
  }
}
