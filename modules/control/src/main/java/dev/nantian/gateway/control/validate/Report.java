package dev.nantian.gateway.control.validate;

import dev.nantian.gateway.control.source.Diagnostic;
import dev.nantian.gateway.control.source.Diagnostic.Severity;
import java.util.List;

/**
 * What a validation found.
 *
 * @param files how many files were looked at
 * @param objects how many objects they hold that would come into force
 * @param diagnostics by file and line
 */
public record Report(int files, int objects, List<Diagnostic> diagnostics) {

  public Report {
    diagnostics = List.copyOf(diagnostics);
  }

  /** How many diagnostics are errors. */
  public long errors() {
    return count(Severity.ERROR);
  }

  /** How many diagnostics are warnings. */
  public long warnings() {
    return count(Severity.WARNING);
  }

  private long count(Severity severity) {
    return diagnostics.stream().filter(diagnostic -> diagnostic.severity() == severity).count();
  }
}
