package dev.nantian.gateway.cli;

import dev.nantian.gateway.admin.AdminSettings;
import dev.nantian.gateway.admin.AdminToken;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Option;

/** Options of the admin endpoint, for the commands that run one. */
final class AdminOptions {
  private static final Logger log = LoggerFactory.getLogger(AdminOptions.class);

  @Option(
      names = "--admin",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:9901",
      description =
          "Where the admin endpoint listens (default: ${DEFAULT-VALUE}). Reading it needs no credentials: keep it off networks that you do not trust.")
  private HostPort address = new HostPort("127.0.0.1", 9901);

  @Option(
      names = "--admin-token-file",
      paramLabel = "FILE",
      description =
          "File that holds the bearer token for changes. Without it a new token is made at each start, in a file that the log names.")
  private @Nullable Path tokenFile;

  @Option(
      names = "--admin-allow-host",
      paramLabel = "NAME",
      description =
          "A name that a Host header may have beside IP addresses and localhost; may be repeated.")
  private List<String> allowedHosts = List.of();

  /** What to do if the address is taken. */
  static final String ADVICE = "choose another with --admin";

  HostPort address() {
    return address;
  }

  /** Fails in one line if a given token file cannot be used. */
  void check() {
    if (tokenFile != null) {
      var unused = read(tokenFile);
    }
  }

  /**
   * Reads or makes the token.
   *
   * @param state where a new token is written
   */
  AdminSettings settings(StateFolder state) {
    InetSocketAddress resolved = address.free(ADVICE);
    return new AdminSettings(resolved, allowedHosts, token(state));
  }

  private static AdminToken read(Path file) {
    try {
      return AdminToken.read(file);
    } catch (IOException e) {
      throw new CommandFailure("--admin-token-file " + file + ": " + Reason.of(e), e);
    } catch (IllegalArgumentException e) {
      throw new CommandFailure("--admin-token-file " + file + ": " + e.getMessage(), e);
    }
  }

  private AdminToken token(StateFolder state) {
    if (tokenFile != null) {
      return read(tokenFile);
    }
    Path file = state.file("admin-token-" + address.port());
    try {
      AdminToken token = AdminToken.generate(file);
      log.info("event=admin_token_written file={}", file);
      return token;
    } catch (IOException e) {
      throw new CommandFailure(
          "cannot write the admin token to "
              + file
              + ": "
              + Reason.of(e)
              + " (choose another folder with --data-dir)",
          e);
    }
  }
}
