package dev.nantian.gateway.cli;

import dev.nantian.gateway.admin.AdminJson;
import dev.nantian.gateway.admin.DiagnosticJson;
import dev.nantian.gateway.control.source.Diagnostic;
import dev.nantian.gateway.control.source.SourceException;
import dev.nantian.gateway.control.validate.Report;
import dev.nantian.gateway.control.validate.Validator;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Checks files and folders without serving them. */
@Command(
    name = "validate",
    sortOptions = false,
    description = {
      "Check Gateway API YAML and JSON with the checks of the control plane, without one.",
      "",
      "All given files and folders are checked together, so that a route finds its Gateway in another file. Every finding is one line: "
          + "FILE:LINE: KIND NAMESPACE/NAME FIELD: what is there (what was expected).",
      "",
      "Exit status: 0 no errors, 1 errors (with --strict: or warnings), 2 called wrongly."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  nantian validate examples/quickstart",
      "  nantian validate gateway.yaml routes/ --strict",
      "  nantian validate . -o json"
    })
final class ValidateCommand implements Callable<Integer> {
  @Spec
  @SuppressWarnings("NullAway.Init")
  private CommandSpec spec;

  @Parameters(
      arity = "1..*",
      paramLabel = "DIR|FILE",
      description = "Folders (read with all below) and files.")
  private List<Path> paths = List.of();

  @Option(names = "--strict", description = "Count warnings as errors.")
  private boolean strict;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      defaultValue = "text",
      description = "text or json (default: ${DEFAULT-VALUE}).")
  private Format format = Format.text;

  /** How the findings are printed. */
  enum Format {
    text,
    json
  }

  @Override
  public Integer call() {
    Report report;
    try {
      report = Validator.validate(paths);
    } catch (SourceException e) {
      throw new CommandFailure(String.valueOf(e.getMessage()), e);
    }
    PrintWriter out = spec.commandLine().getOut();
    switch (format) {
      case text -> {
        report.diagnostics().forEach(out::println);
        out.println(summary(report));
      }
      case json -> {
        var all = new LinkedHashMap<String, Object>();
        all.put("files", report.files());
        all.put("objects", report.objects());
        all.put("errors", report.errors());
        all.put("warnings", report.warnings());
        all.put("diagnostics", report.diagnostics().stream().map(DiagnosticJson::of).toList());
        out.print(AdminJson.write(all));
        out.flush();
      }
    }
    boolean failed = report.errors() > 0 || (strict && report.warnings() > 0);
    return failed ? Nantian.FAILED : 0;
  }

  private static String summary(Report report) {
    long infos =
        report.diagnostics().stream().filter(d -> d.severity() == Diagnostic.Severity.INFO).count();
    return count(report.files(), "file")
        + ", "
        + count(report.objects(), "object")
        + ": "
        + count(report.errors(), "error")
        + ", "
        + count(report.warnings(), "warning")
        + (infos == 0 ? "" : ", " + count(infos, "note"));
  }

  private static String count(long number, String noun) {
    return number + " " + noun + (number == 1 ? "" : "s");
  }
}
