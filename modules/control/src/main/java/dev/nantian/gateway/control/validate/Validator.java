package dev.nantian.gateway.control.validate;

import dev.nantian.gateway.control.source.Diagnostic;
import dev.nantian.gateway.control.source.Origin;
import dev.nantian.gateway.control.source.SourceException;
import dev.nantian.gateway.control.source.folder.ManifestSet;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Checks files and folders as the control plane would, without one. */
public final class Validator {

  private static final Comparator<Diagnostic> BY_PLACE =
      Comparator.comparing(Diagnostic::place, Comparator.nullsLast(Comparator.naturalOrder()))
          .thenComparing(Diagnostic::toString);

  private Validator() {}

  /**
   * Checks all that the paths hold, together.
   *
   * @param paths of files, which are read whatever their names are, and of folders
   * @throws SourceException if one of them cannot be read at all; its message is one line
   */
  public static Report validate(List<Path> paths) {
    ManifestSet set = ManifestSet.read(paths);
    List<Diagnostic> diagnostics = new ArrayList<>(set.diagnostics());
    diagnostics.sort(BY_PLACE);
    int written =
        (int)
            set.objects().values().stream()
                .filter(object -> !object.origin().equals(Origin.none()))
                .count();
    return new Report(set.files(), written, diagnostics);
  }
}
