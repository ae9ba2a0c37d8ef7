package dev.nantian.gateway.admin;

import dev.nantian.gateway.control.source.Diagnostic;
import dev.nantian.gateway.control.source.Place;
import dev.nantian.gateway.control.source.ResourceKey;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A finding as the admin API and {@code validate -o json} write it.
 *
 * @param severity {@code error}, {@code warning} or {@code info}
 * @param namespace empty for a cluster-scoped kind
 * @param field empty if the whole object or file is meant
 * @param file null if the object does not come from a file
 * @param line counted from 1; null if the whole file is meant
 * @param message what is there and what was expected
 * @param text all of it in one line, as it is logged
 */
public record DiagnosticJson(
    String severity,
    @Nullable String kind,
    @Nullable String namespace,
    @Nullable String name,
    String field,
    @Nullable String file,
    @Nullable Integer line,
    @Nullable Integer column,
    String message,
    String text) {

  public static DiagnosticJson of(Diagnostic diagnostic) {
    ResourceKey object = diagnostic.object();
    Place place = diagnostic.place();
    return new DiagnosticJson(
        diagnostic.severity().name().toLowerCase(Locale.ROOT),
        object == null ? null : object.kind().kindName(),
        object == null ? null : object.namespace(),
        object == null ? null : object.name(),
        diagnostic.fieldPath(),
        place == null ? null : place.file(),
        place == null || place.line() == 0 ? null : place.line(),
        place == null || place.column() == 0 ? null : place.column(),
        diagnostic.message(),
        diagnostic.toString());
  }
}
