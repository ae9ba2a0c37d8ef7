package dev.nantian.gateway.control.source.folder;

import dev.nantian.gateway.control.source.Diagnostic;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.control.source.SourceEvent;
import dev.nantian.gateway.control.source.SourceException;
import dev.nantian.gateway.control.source.SourcedObject;
import dev.nantian.gateway.control.source.yaml.YamlReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What files and folders hold at one moment, by the same rules as {@link FolderSource}: the objects
 * that would come into force, and what is to be said of the files.
 *
 * @param files how many files were looked at
 * @param objects by key, with those that exist by themselves
 * @param diagnostics in no particular order; files are named as they were given
 */
public record ManifestSet(
    int files, SortedMap<ResourceKey, SourcedObject> objects, List<Diagnostic> diagnostics) {

  /** The controller name that a GatewayClass must have to be this gateway's. */
  public static final String CONTROLLER = ImplicitObjects.CONTROLLER;

  public ManifestSet {
    objects = Collections.unmodifiableSortedMap(new TreeMap<>(objects));
    diagnostics = List.copyOf(diagnostics);
  }

  /**
   * Reads files and folders, as one set.
   *
   * @param paths of files, which are read whatever their names are, and of folders
   * @throws SourceException if one of them cannot be read at all
   */
  public static ManifestSet read(List<Path> paths) {
    Map<String, FileChange> contents = new TreeMap<>();
    for (Path path : paths) {
      if (!Files.exists(path)) {
        throw new SourceException(path + ": does not exist (expected a file or folder of YAML)");
      }
      if (Files.isDirectory(path)) {
        readFolder(path, contents);
      } else {
        contents.put(path.toString(), readFile(path));
      }
    }
    SortedMap<ResourceKey, SourcedObject> objects = new TreeMap<>();
    List<Diagnostic> diagnostics = new ArrayList<>();
    for (SourceEvent event : new FolderState().apply(contents)) {
      switch (event) {
        case SourceEvent.Applied(SourcedObject object) -> objects.put(object.key(), object);
        case SourceEvent.Rejected(String file, List<Diagnostic> problems, var kept) ->
            diagnostics.addAll(problems);
        case SourceEvent.Noticed(String file, List<Diagnostic> notes) -> diagnostics.addAll(notes);
        case SourceEvent.Deleted(ResourceKey key) -> objects.remove(key);
        case SourceEvent.Recovered recovered -> {}
        case SourceEvent.Synced synced -> {}
      }
    }
    return new ManifestSet(contents.size(), objects, diagnostics);
  }

  private static void readFolder(Path folder, Map<String, FileChange> contents) {
    try {
      ManifestWalk.walk(
          folder,
          new ManifestWalk.Finds() {
            @Override
            public void folder(Path found) {}

            @Override
            public void manifest(Path file, BasicFileAttributes attributes) {
              contents.put(file.toString(), readFile(file));
            }

            @Override
            public void unreadable(Path path, IOException why) {
              contents.put(path.toString(), ManifestSet.unreadable(path, why));
            }
          });
    } catch (IOException e) {
      throw new SourceException(
          folder + ": " + ManifestWalk.reason(e) + " (expected a readable folder)", e);
    }
  }

  private static FileChange readFile(Path file) {
    try {
      long size = Files.size(file);
      if (size > YamlReader.MAX_BYTES) {
        return FileChange.Unreadable.tooLarge(file.toString(), size);
      }
      return ManifestReader.read(file.toString(), Files.readAllBytes(file));
    } catch (IOException e) {
      return unreadable(file, e);
    }
  }

  private static FileChange unreadable(Path file, IOException why) {
    return FileChange.Unreadable.because(
        file.toString(), ManifestWalk.reason(why) + " (expected a readable file)");
  }
}
