package dev.nantian.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/**
 * docs/cli.md holds the help texts as they are. To bring it up to date, run this test with {@code
 * -Dcommand.reference=write}.
 */
final class CommandReferenceTest {
  private static final Path FILE = Path.of("../../docs/cli.md").toAbsolutePath().normalize();

  @Test
  void theReferenceHoldsTheHelpTexts() throws IOException {
    String reference = reference();
    if ("write".equals(System.getProperty("command.reference"))) {
      Files.writeString(FILE, reference);
    }

    assertThat(Files.readString(FILE)).isEqualTo(reference);
  }

  private static String reference() {
    CommandLine program = Nantian.commandLine();
    var text =
        new StringBuilder(
            """
            # Command reference

            What `./nantian COMMAND --help` says of each command.

            Results go to standard output; the log (`key=value` lines) and failures go to standard error. A failure is one line; `--debug` adds the stack \
            trace. Exit status: 0 success, 1 the command failed, 2 it was called wrongly, 70 a defect of the program.

            The first SIGTERM or SIGINT drains: no new connections, requests under way may end (`--drain`). A second one ends the process at once.

            Environment: `NANTIAN_JAVA_HOME` (the JDK to use), `JAVA_OPTS` (options of the JVM, after the program's own), `NANTIAN_BUILD=never` (start what \
            is built, whatever has changed), `NANTIAN_ADMIN` (the default of `--admin` of `status` and `explain`), `XDG_STATE_HOME`.

            The first start makes an AOT cache of the JVM in the background, at low priority: later starts take half the CPU time. `./nantian aot-cache` \
            makes it at once, for an image for example. One that does not fit the program or the Java is ignored and made again.

            """);
    append(program, text);
    program.getSubcommands().values().stream()
        .filter(command -> !command.getCommandSpec().usageMessage().hidden())
        .forEach(command -> append(command, text));
    return text.toString();
  }

  private static void append(CommandLine command, StringBuilder text) {
    command.setUsageHelpAutoWidth(false).setUsageHelpWidth(110);
    text.append("## ")
        .append(command.getCommandSpec().qualifiedName())
        .append("\n\n```\n")
        .append(
            command
                .getUsageMessage(CommandLine.Help.Ansi.OFF)
                .replace(System.lineSeparator(), "\n"))
        .append("```\n\n");
  }
}
