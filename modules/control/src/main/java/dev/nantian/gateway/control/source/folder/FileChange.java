package dev.nantian.gateway.control.source.folder;

import dev.nantian.gateway.control.source.Diagnostic;

/** What has become of a file. */
sealed interface FileChange {

  /** It was read. */
  record Read(Manifest manifest) implements FileChange {}

  /** It is there and cannot be read, or is not YAML. */
  record Unreadable(Diagnostic why) implements FileChange {}

  /** It is no longer there. */
  record Removed() implements FileChange {}
}
