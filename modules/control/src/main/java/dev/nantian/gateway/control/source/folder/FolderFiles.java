package dev.nantian.gateway.control.source.folder;

import dev.nantian.gateway.control.source.yaml.YamlReader;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files below one folder: which there are, which were touched, and what they hold. All I/O of
 * the folder source is here. A file is named by its path below the folder, with slashes. Used by
 * one thread; only {@link #close} may come from another.
 */
final class FolderFiles {

  private static final Logger LOG = LoggerFactory.getLogger(FolderFiles.class);

  /**
   * A burst of events is taken together, but none waits longer than this for the end of the burst.
   */
  private static final long MAX_BURST_NANOS = Duration.ofMillis(10).toNanos();

  /**
   * A file that was read this soon after its last change may change again without another time
   * stamp; the clocks of file systems are that coarse.
   */
  private static final long COARSE_CLOCK_MILLIS = 2_000;

  private final Path folder;
  private final Map<WatchKey, Path> watched = new HashMap<>();
  private final Map<String, Seen> seen = new HashMap<>();
  private volatile @Nullable WatchService watch;
  private @Nullable String folderProblem;
  private boolean watchLimitTold;

  FolderFiles(Path folder) {
    this.folder = folder;
  }

  /** What was last read of a file. */
  private record Seen(Stamp stamp, long readAtMillis, String hash, boolean endsInMidLine) {
    boolean isStill(Stamp now) {
      return stamp.equals(now) && readAtMillis - now.modified().toMillis() > COARSE_CLOCK_MILLIS;
    }
  }

  /** What tells a changed file from an unchanged one without reading it. */
  private record Stamp(FileTime modified, long size, @Nullable Object inode) {
    static Stamp of(BasicFileAttributes attributes) {
      return new Stamp(attributes.lastModifiedTime(), attributes.size(), attributes.fileKey());
    }
  }

  /**
   * What the operating system reported.
   *
   * @param names files that may have changed
   * @param everything whether anything may have changed
   */
  record Touched(Set<String> names, boolean everything) {}

  /** Begins to watch. Throws if the folder cannot be read. */
  void open() throws IOException {
    if (!Files.isReadable(folder) || !Files.isExecutable(folder)) {
      throw new AccessDeniedException(folder.toString());
    }
    WatchService service = folder.getFileSystem().newWatchService();
    watch = service;
    watchFolder(service, folder);
  }

  void close() {
    WatchService service = watch;
    if (service != null) {
      try {
        service.close();
      } catch (IOException e) {
        LOG.warn("folder={} event=watch_close_failed reason={}", folder, e.toString());
      }
    }
  }

  /** Why the folder as a whole could not be read at the last scan, or null if it could. */
  @Nullable String folderProblem() {
    return folderProblem;
  }

  /** Whether the last line of the file, as last read, has no end. */
  boolean endsInMidLine(String name) {
    Seen last = seen.get(name);
    return last != null && last.endsInMidLine;
  }

  /**
   * Waits until something is touched.
   *
   * @param timeoutNanos how long at most
   * @param burst how long without another touch until it is told
   */
  Touched await(long timeoutNanos, Duration burst) {
    Set<String> names = new HashSet<>();
    WatchService service = Objects.requireNonNull(watch, "not open");
    boolean everything = false;
    try {
      WatchKey key = service.poll(timeoutNanos, TimeUnit.NANOSECONDS);
      long end = System.nanoTime() + MAX_BURST_NANOS;
      while (key != null) {
        everything |= collect(key, names);
        long left = Math.min(burst.toNanos(), end - System.nanoTime());
        key = left <= 0 ? null : service.poll(left, TimeUnit.NANOSECONDS);
      }
    } catch (ClosedWatchServiceException e) {
      return new Touched(Set.of(), false);
    } catch (InterruptedException e) {
      // Nobody but the owner of the thread interrupts it, and the owner closes the watch instead.
      LOG.warn("folder={} event=interrupted action=look_at_everything", folder);
      return new Touched(Set.of(), true);
    }
    return new Touched(names, everything);
  }

  /** Adds the names of touched files; true if anything may have changed. */
  private boolean collect(WatchKey key, Set<String> names) {
    Path parent = watched.get(key);
    boolean everything = parent == null;
    for (WatchEvent<?> event : key.pollEvents()) {
      if (event.kind() == StandardWatchEventKinds.OVERFLOW
          || parent == null
          || !(event.context() instanceof Path name)) {
        everything = true;
        continue;
      }
      Path child = parent.resolve(name);
      if (ManifestWalk.isManifest(name) && !Files.isDirectory(child)) {
        names.add(nameOf(child));
      } else if (!Files.isRegularFile(child, LinkOption.NOFOLLOW_LINKS)) {
        // A folder came or went, or a link was swapped: Kubernetes mounts do so with the hidden
        // link ..data.
        everything = true;
      }
    }
    if (!key.reset()) {
      watched.remove(key);
      everything = true;
    }
    return everything;
  }

  /**
   * Reads one file.
   *
   * @param inDoubt whether what was read last was put off: then it is told again although it has
   *     not changed
   * @return null if nothing has changed
   */
  @Nullable FileChange read(String name, boolean inDoubt) {
    Path file = folder.resolve(name);
    try {
      BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
      if (attributes.isRegularFile()) {
        return read(name, file, Stamp.of(attributes), inDoubt);
      }
      return seen.remove(name) != null || inDoubt ? new FileChange.Removed() : null;
    } catch (NoSuchFileException e) {
      return seen.remove(name) != null || inDoubt ? new FileChange.Removed() : null;
    } catch (IOException e) {
      return unreadable(name, e);
    }
  }

  private @Nullable FileChange read(String name, Path file, Stamp stamp, boolean inDoubt) {
    if (stamp.size() > YamlReader.MAX_BYTES) {
      seen.remove(name);
      return FileChange.Unreadable.tooLarge(name, stamp.size());
    }
    Seen before = seen.get(name);
    return take(
        name, load(name, file, stamp, before == null || inDoubt ? "" : before.hash), inDoubt);
  }

  /** What was found in a file; {@code content} is null if it holds what is known already. */
  private sealed interface Loaded {
    record Content(Seen seen, @Nullable FileChange content) implements Loaded {}

    record Gone() implements Loaded {}

    record Failed(IOException why) implements Loaded {}
  }

  /**
   * Reads a file and makes its objects. Safe for all threads.
   *
   * @param knownHash of content that need not be told again
   */
  private static Loaded load(String name, Path file, Stamp stamp, String knownHash) {
    long readAt = System.currentTimeMillis();
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      return new Loaded.Gone();
    } catch (IOException e) {
      return new Loaded.Failed(e);
    }
    String hash = hash(bytes);
    boolean midLine = bytes.length > 0 && bytes[bytes.length - 1] != '\n';
    return new Loaded.Content(
        new Seen(stamp, readAt, hash, midLine),
        hash.equals(knownHash) ? null : ManifestReader.read(name, bytes));
  }

  private @Nullable FileChange take(String name, Loaded loaded, boolean inDoubt) {
    return switch (loaded) {
      case Loaded.Content(Seen now, FileChange content) -> {
        seen.put(name, now);
        yield content;
      }
      case Loaded.Gone() -> seen.remove(name) != null || inDoubt ? new FileChange.Removed() : null;
      case Loaded.Failed(IOException why) -> unreadable(name, why);
    };
  }

  /** A file that may have changed. */
  private record Look(String name, Path file, Stamp stamp, String knownHash) {
    Loaded load() {
      return FolderFiles.load(name, file, stamp, knownHash);
    }
  }

  /**
   * Looks through the whole folder, watches every folder in it, and reads what has changed.
   *
   * @param known the files that are not to be forgotten silently: those that are no longer there
   *     are told as removed
   */
  Map<String, FileChange> scan(Set<String> known) {
    Map<String, FileChange> changes = new TreeMap<>();
    Set<String> found = new HashSet<>();
    Set<String> lost = new HashSet<>();
    Set<WatchKey> alive = new HashSet<>();
    List<Look> looks = new ArrayList<>();
    folderProblem = null;
    try {
      ManifestWalk.walk(
          folder,
          new ManifestWalk.Finds() {
            @Override
            public void folder(Path dir) {
              alive.addAll(watchAgain(dir));
            }

            @Override
            public void manifest(Path file, BasicFileAttributes attributes) {
              String name = nameOf(file);
              found.add(name);
              Stamp stamp = Stamp.of(attributes);
              Seen before = seen.get(name);
              if (stamp.size() > YamlReader.MAX_BYTES) {
                seen.remove(name);
                changes.put(name, FileChange.Unreadable.tooLarge(name, stamp.size()));
              } else if (before == null || !before.isStill(stamp)) {
                looks.add(new Look(name, file, stamp, before == null ? "" : before.hash));
              }
            }

            @Override
            public void unreadable(Path path, IOException why) {
              String name = nameOf(path);
              found.add(name);
              lost.add(name + "/");
              changes.put(name, FolderFiles.unreadable(name, why));
            }
          });
    } catch (IOException e) {
      folderProblem = ManifestWalk.reason(e);
    }
    if (folderProblem != null) {
      return Map.of();
    }
    forgetDeadWatches(alive);
    // A first read of thousands of files is parsing and checking: on all processors.
    List<Loaded> loaded = looks.parallelStream().map(Look::load).toList();
    for (int i = 0; i < looks.size(); i++) {
      FileChange change = take(looks.get(i).name(), loaded.get(i), false);
      if (change != null) {
        changes.put(looks.get(i).name(), change);
      }
    }
    for (String name : known) {
      if (!found.contains(name) && lost.stream().noneMatch(name::startsWith)) {
        seen.remove(name);
        changes.put(name, new FileChange.Removed());
      }
    }
    return changes;
  }

  /** Watches a folder, perhaps again: the name may stand for another folder than before. */
  private Set<WatchKey> watchAgain(Path dir) {
    WatchService service = Objects.requireNonNull(watch, "not open");
    try {
      return Set.of(watchFolder(service, dir));
    } catch (ClosedWatchServiceException e) {
      return Set.of();
    } catch (IOException e) {
      if (!watchLimitTold) {
        watchLimitTold = true;
        LOG.warn("folder={} event=watch_failed reason={} action=rescan_only", dir, e.toString());
      }
      return Set.of();
    }
  }

  private WatchKey watchFolder(WatchService service, Path dir) throws IOException {
    WatchKey key =
        dir.register(
            service,
            StandardWatchEventKinds.ENTRY_CREATE,
            StandardWatchEventKinds.ENTRY_MODIFY,
            StandardWatchEventKinds.ENTRY_DELETE);
    watched.put(key, dir);
    return key;
  }

  private void forgetDeadWatches(Set<WatchKey> alive) {
    watched
        .keySet()
        .removeIf(
            key -> {
              if (alive.contains(key)) {
                return false;
              }
              key.cancel();
              return true;
            });
  }

  private static FileChange unreadable(String name, IOException e) {
    return FileChange.Unreadable.because(
        name, ManifestWalk.reason(e) + " (expected a readable file)");
  }

  private String nameOf(Path path) {
    return folder.relativize(path).toString().replace('\\', '/');
  }

  private static String hash(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256, which every Java platform has", e);
    }
  }
}
