package dev.nantian.gateway.control.source.folder;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.EnumSet;
import java.util.Locale;

/**
 * Which files of a folder are manifests: visible ones, YAML or JSON by their ending, links
 * followed.
 */
final class ManifestWalk {

  private static final int MAX_FOLDER_DEPTH = 16;

  private ManifestWalk() {}

  /** What a walk comes upon. */
  interface Finds {
    /** A folder, before what is in it; the first is the one the walk began at. */
    void folder(Path folder);

    void manifest(Path file, BasicFileAttributes attributes);

    /** A folder below that cannot be read. */
    void unreadable(Path path, IOException why);
  }

  /** Walks; throws if {@code start} itself cannot be read. */
  static void walk(Path start, Finds finds) throws IOException {
    Files.walkFileTree(
        start,
        EnumSet.of(FileVisitOption.FOLLOW_LINKS),
        MAX_FOLDER_DEPTH,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes) {
            if (!dir.equals(start) && isHidden(dir)) {
              return FileVisitResult.SKIP_SUBTREE;
            }
            finds.folder(dir);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (isManifest(file) && attributes.isRegularFile()) {
              finds.manifest(file, attributes);
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path path, IOException e) throws IOException {
            if (path.equals(start)) {
              throw e;
            }
            boolean goneMeanwhile = e instanceof NoSuchFileException;
            if (!isHidden(path) && !goneMeanwhile) {
              finds.unreadable(path, e);
            }
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /** Whether a file of this name is read: visible, and YAML or JSON by its ending. */
  static boolean isManifest(Path path) {
    String name = path.getFileName().toString().toLowerCase(Locale.ROOT);
    return !name.startsWith(".")
        && (name.endsWith(".yaml") || name.endsWith(".yml") || name.endsWith(".json"));
  }

  private static boolean isHidden(Path path) {
    return path.getFileName().toString().startsWith(".");
  }

  /** What went wrong with a file, in words. */
  static String reason(IOException e) {
    return switch (e) {
      case AccessDeniedException denied -> "permission denied";
      case NoSuchFileException missing -> "does not exist";
      case FileSystemLoopException loop -> "a link that leads to a folder around itself";
      case FileSystemException other when other.getReason() != null -> other.getReason();
      default -> e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    };
  }
}
