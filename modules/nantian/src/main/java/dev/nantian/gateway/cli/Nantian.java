package dev.nantian.gateway.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.nantian.gateway.proxy.Preparation;
import java.io.PrintWriter;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/**
 * The {@code nantian} program.
 *
 * <p>Exit status: 0 success, 1 the command failed, 2 it was called wrongly, 70 a defect of ours.
 */
@Command(
    name = "nantian",
    description = "A Kubernetes Gateway API gateway.",
    synopsisSubcommandLabel = "COMMAND",
    versionProvider = Version.class,
    sortOptions = false,
    usageHelpAutoWidth = true,
    footerHeading = "%nExamples:%n",
    footer = {
      "  nantian standalone examples/quickstart   serve a folder of Gateway API YAML",
      "  nantian validate examples/quickstart     check it without serving",
      "  nantian COMMAND --help                   options and examples of a command"
    },
    subcommands = {
      StandaloneCommand.class,
      ControlCommand.class,
      ProxyCommand.class,
      ValidateCommand.class,
      StatusCommand.class,
      ExplainCommand.class,
      EchoCommand.class,
      RehearseCommand.class,
      VersionCommand.class
    })
public final class Nantian implements Runnable {
  static final int FAILED = 1;
  static final int CALLED_WRONGLY = 2;
  static final int DEFECT = 70;

  @Spec
  @SuppressWarnings("NullAway.Init")
  private CommandSpec spec;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = ScopeType.INHERIT,
      order = 100,
      description = "Show this help.")
  @SuppressWarnings("UnusedVariable") // picocli reads it
  private boolean help;

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Print the version.")
  @SuppressWarnings("UnusedVariable") // picocli reads it
  private boolean version;

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      order = 101,
      description = "Print the stack trace of a failure.")
  private boolean debug;

  @Option(
      names = "--log-level",
      paramLabel = "LEVEL",
      scope = ScopeType.INHERIT,
      order = 102,
      description = "trace, debug, info, warn or error (default: info).")
  void logLevel(LogLevel level) {
    LogSetup.level(level.name());
  }

  /** What {@code --log-level} takes; lower case, as it is typed. */
  enum LogLevel {
    trace,
    debug,
    info,
    warn,
    error
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }

  public static void main(String[] args) {
    if (args.length > 0 && args[0].equals("proxy")) {
      Preparation.begin();
    }
    int status =
        run(
            args,
            new PrintWriter(System.out, true, UTF_8),
            new PrintWriter(System.err, true, UTF_8));
    System.exit(status);
  }

  /** Runs one command line and returns its exit status; for tests, too. */
  static int run(String[] args, PrintWriter out, PrintWriter err) {
    return commandLine().setOut(out).setErr(err).execute(args);
  }

  /** The program's commands with their options, as picocli holds them. */
  static CommandLine commandLine() {
    var program = new Nantian();
    return converting(program)
        .setParameterExceptionHandler(Nantian::calledWrongly)
        .setExecutionExceptionHandler((e, command, parsed) -> program.failed(e, command));
  }

  /** One command alone, for another that runs it. */
  static CommandLine standalone(StandaloneCommand command) {
    return converting(command);
  }

  private static CommandLine converting(Object command) {
    return new CommandLine(command)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .registerConverter(HostPort.class, new HostPort.Converter())
        .registerConverter(Duration.class, new SpanConverter());
  }

  private static int calledWrongly(ParameterException e, String[] args) {
    CommandLine command = e.getCommandLine();
    String name = command.getCommandSpec().qualifiedName();
    command.getErr().println(name + ": " + firstLine(e) + " (see '" + name + " --help')");
    return CALLED_WRONGLY;
  }

  private int failed(Exception e, CommandLine command) {
    PrintWriter err = command.getErr();
    String name = command.getCommandSpec().qualifiedName();
    boolean ours = !(e instanceof CommandFailure);
    err.println(
        ours
            ? name
                + ": internal error: "
                + e
                + " (please report it; --debug prints the stack trace)"
            : name + ": " + e.getMessage());
    if (debug) {
      e.printStackTrace(err);
    }
    return ours ? DEFECT : FAILED;
  }

  private static String firstLine(Throwable e) {
    @Nullable String message = e.getMessage();
    return message == null ? e.toString() : message.lines().findFirst().orElse("");
  }
}
