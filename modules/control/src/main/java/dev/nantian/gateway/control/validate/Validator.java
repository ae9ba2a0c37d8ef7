package dev.nantian.gateway.control.validate;

import dev.nantian.gateway.control.resource.Translators;
import dev.nantian.gateway.control.source.Diagnostic;
import dev.nantian.gateway.control.source.Origin;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.control.source.SourceException;
import dev.nantian.gateway.control.source.SourcedObject;
import dev.nantian.gateway.control.source.folder.ManifestSet;
import dev.nantian.gateway.control.translate.Problem;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** Checks files and folders as the control plane would, without one. */
public final class Validator {

  private static final Comparator<Diagnostic> BY_PLACE =
      Comparator.comparing(Diagnostic::place, Comparator.nullsLast(Comparator.naturalOrder()))
          .thenComparing(Diagnostic::toString);

  private static final Translators TRANSLATORS = new Translators(ManifestSet.CONTROLLER);

  private Validator() {}

  /**
   * Checks all that the paths hold, together, for a control plane whose Gateways share one address.
   *
   * @param paths of files, which are read whatever their names are, and of folders
   * @throws SourceException if one of them cannot be read at all; its message is one line
   */
  public static Report validate(List<Path> paths) {
    return validate(paths, List.of());
  }

  /**
   * Checks all that the paths hold, together.
   *
   * @param paths of files, which are read whatever their names are, and of folders
   * @param addressPool IP addresses that the control plane gives to Gateways; without one they
   *     share an address, and then their listeners can exclude each other
   * @throws SourceException if one of the paths cannot be read at all; its message is one line
   */
  public static Report validate(List<Path> paths, List<String> addressPool) {
    ManifestSet set = ManifestSet.read(paths);
    List<Diagnostic> diagnostics = new ArrayList<>(set.diagnostics());
    diagnostics.addAll(referenceProblems(set, addressPool));
    diagnostics.sort(BY_PLACE);
    int written = (int) set.objects().values().stream().filter(Validator::isWritten).count();
    return new Report(set.files(), written, diagnostics.stream().distinct().toList());
  }

  /**
   * What is wrong with objects among the others. Of an object that refers to one that was refused
   * nothing is said: the one mistake would be told again wherever its consequences show.
   */
  private static List<Diagnostic> referenceProblems(ManifestSet set, List<String> addressPool) {
    Set<ResourceKey> refused = new HashSet<>();
    for (Diagnostic diagnostic : set.diagnostics()) {
      ResourceKey key = diagnostic.object();
      if (key != null && !set.objects().containsKey(key)) {
        refused.add(key);
      }
    }
    List<Diagnostic> diagnostics = new ArrayList<>();
    OfflineTranslation.problems(TRANSLATORS, addressPool, set.objects())
        .forEach(
            (key, problems) -> {
              SourcedObject object = Objects.requireNonNull(set.objects().get(key));
              Set<ResourceKey> references =
                  TRANSLATORS.of(key.kind()).dependencies(key, object.object());
              if (isWritten(object) && Collections.disjoint(references, refused)) {
                problems.forEach(problem -> diagnostics.add(diagnostic(object, problem)));
              }
            });
    return diagnostics;
  }

  private static Diagnostic diagnostic(SourcedObject object, Problem problem) {
    return new Diagnostic(
        problem.severity(),
        object.key(),
        problem.fieldPath(),
        object.origin().at(problem.fieldPath()).orElse(null),
        problem.message());
  }

  private static boolean isWritten(SourcedObject object) {
    return !object.origin().equals(Origin.none());
  }
}
