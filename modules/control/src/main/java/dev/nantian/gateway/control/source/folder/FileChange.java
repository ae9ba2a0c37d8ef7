package dev.nantian.gateway.control.source.folder;

import dev.nantian.gateway.control.source.Diagnostic;
import dev.nantian.gateway.control.source.Diagnostic.Severity;
import dev.nantian.gateway.control.source.Place;
import dev.nantian.gateway.control.source.yaml.YamlReader;

/** What has become of a file. */
sealed interface FileChange {

  /** It was read. */
  record Read(Manifest manifest) implements FileChange {}

  /** It is there and cannot be read, or is not YAML. */
  record Unreadable(Diagnostic why) implements FileChange {

    static Unreadable because(String file, String message) {
      return new Unreadable(
          new Diagnostic(Severity.ERROR, null, "", new Place(file, 0, 0), message));
    }

    static Unreadable tooLarge(String file, long bytes) {
      return because(file, bytes + " bytes (expected at most " + YamlReader.MAX_BYTES + ")");
    }
  }

  /** It is no longer there. */
  record Removed() implements FileChange {}
}
