package dev.nantian.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a user sees of a command line: exit status and lines. */
final class NantianTest {

  private record Outcome(int status, String out, String err) {}

  private static Outcome run(String... args) {
    var out = new StringWriter();
    var err = new StringWriter();
    int status = Nantian.run(args, new PrintWriter(out, true), new PrintWriter(err, true));
    return new Outcome(status, out.toString(), err.toString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --bogus              | nantian: Unknown option: '--bogus' (see 'nantian --help')
          echo --bogus         | nantian echo: Unknown option: '--bogus' (see 'nantian echo --help')
          echo --port x        | nantian echo: Invalid value for option '--port': 'x' is not an int (see 'nantian echo --help')
          echo --port 70000    | nantian echo: --port: 70000 (expected 0 to 65535) (see 'nantian echo --help')
          echo --status 99     | nantian echo: --status: 99 (expected 200 to 599) (see 'nantian echo --help')
          echo --delay 5x      | nantian echo: Invalid value for option '--delay': '5x' is not a span of time (for example 200ms, 5s or 2m) (see 'nantian echo --help')
          version --log-level loud | nantian version: Invalid value for option '--log-level': expected one of [trace, debug, info, warn, error] (case-insensitive) but was 'loud' (see 'nantian version --help')
          """)
  void aWrongCallIsOneLineAndStatus2(String line, String expected) {
    Outcome outcome = run(line.split(" "));

    assertThat(outcome.err()).isEqualTo(expected + System.lineSeparator());
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.status()).isEqualTo(2);
  }

  @Test
  void noCommandIsAWrongCall() {
    Outcome outcome = run();

    assertThat(outcome.err()).startsWith("nantian: a command is missing");
    assertThat(outcome.status()).isEqualTo(2);
  }

  @Test
  void anUnknownHostIsOneLineAndStatus1() {
    Outcome outcome = run("echo", "--host", "nowhere.invalid");

    assertThat(outcome.err())
        .isEqualTo(
            "nantian echo: nowhere.invalid:3000: unknown host 'nowhere.invalid' (expected an IP address or a known name)"
                + System.lineSeparator());
    assertThat(outcome.status()).isEqualTo(1);
  }

  @Test
  void aBusyPortIsOneLineAndStatus1() throws IOException {
    try (var busy = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = Integer.toString(busy.getLocalPort());

      Outcome outcome = run("echo", "--port", port);

      assertThat(outcome.err())
          .isEqualTo(
              "nantian echo: 127.0.0.1:"
                  + port
                  + " is already in use (choose another with --port)"
                  + System.lineSeparator());
      assertThat(outcome.status()).isEqualTo(1);
    }
  }

  @Test
  void debugAddsTheStackTrace() {
    Outcome outcome = run("echo", "--host", "nowhere.invalid", "--debug");

    assertThat(outcome.err()).contains("unknown host").contains("\tat dev.nantian");
    assertThat(outcome.status()).isEqualTo(1);
  }

  @Test
  void versionNamesProgramAndJava() {
    Outcome outcome = run("version");

    assertThat(outcome.out()).startsWith("nantian ").contains("java    25");
    assertThat(outcome.status()).isZero();
  }

  @ParameterizedTest
  @CsvSource({"''", "echo", "version"})
  void helpIsASuccess(String command) {
    Outcome outcome = run((command + " --help").strip().split(" "));

    assertThat(outcome.out()).startsWith("Usage: nantian");
    assertThat(outcome.status()).isZero();
  }
}
