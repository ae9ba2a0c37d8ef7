package dev.nantian.gateway.control.source;

import java.util.List;
import java.util.Set;

/** What a source tells its sink, in the order in which it happened. */
public sealed interface SourceEvent {

  /** An object is new or has changed; this is its whole present version. */
  record Applied(SourcedObject object) implements SourceEvent {}

  /** An object is gone. */
  record Deleted(ResourceKey key) implements SourceEvent {}

  /**
   * Something was refused: what it held before stays in force. The list is all that is wrong with
   * the subject now; it replaces what was said of the same subject before.
   *
   * @param subject the file, or the object if the source has no files
   * @param diagnostics at least one of severity {@link Diagnostic.Severity#ERROR}
   * @param kept objects that no diagnostic names, and that are in force in a version which the
   *     subject held before it could no longer be read
   */
  record Rejected(String subject, List<Diagnostic> diagnostics, Set<ResourceKey> kept)
      implements SourceEvent {
    public Rejected {
      diagnostics = List.copyOf(diagnostics);
      kept = Set.copyOf(kept);
    }

    public Rejected(String subject, List<Diagnostic> diagnostics) {
      this(subject, diagnostics, Set.of());
    }
  }

  /**
   * All of the subject is in force, but there is something to know about it, such as a kind that is
   * passed over. The list replaces what was said of the same subject before.
   *
   * @param subject the file, or the object if the source has no files
   * @param diagnostics not empty, none of severity {@link Diagnostic.Severity#ERROR}
   */
  record Noticed(String subject, List<Diagnostic> diagnostics) implements SourceEvent {
    public Noticed {
      diagnostics = List.copyOf(diagnostics);
    }
  }

  /**
   * There is nothing left to say about a subject that a {@link Rejected} or {@link Noticed} named.
   */
  record Recovered(String subject) implements SourceEvent {}

  /** The first complete read is over: what was not applied until now does not exist. Sent once. */
  record Synced() implements SourceEvent {}
}
