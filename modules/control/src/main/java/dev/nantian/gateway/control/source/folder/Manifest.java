package dev.nantian.gateway.control.source.folder;

import dev.nantian.gateway.control.source.Diagnostic;
import java.util.List;

/**
 * What one file holds.
 *
 * @param objects in the order of the file; one key may be there twice
 * @param diagnostics about what is no object of ours
 * @param complete false if the file holds something that should be an object and does not say
 *     which: then an object that was in the file before may still be meant
 */
record Manifest(List<ManifestObject> objects, List<Diagnostic> diagnostics, boolean complete) {

  static final Manifest EMPTY = new Manifest(List.of(), List.of(), true);

  Manifest {
    objects = List.copyOf(objects);
    diagnostics = List.copyOf(diagnostics);
  }
}
