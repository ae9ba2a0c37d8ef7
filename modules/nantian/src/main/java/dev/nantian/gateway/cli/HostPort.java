package dev.nantian.gateway.cli;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * An address to bind or to call, as options take it: {@code 127.0.0.1:9901}, {@code [::1]:9901},
 * {@code localhost:9901}, or {@code :9901} and {@code 9901} for this port on the loopback address.
 *
 * @param host without brackets
 * @param port 0 to 65535; 0 lets the system choose
 */
record HostPort(String host, int port) {

  /** Fails with a message that names the text and what was expected. */
  static HostPort parse(String text) {
    int colon = text.lastIndexOf(':');
    String host = colon < 0 ? "" : text.substring(0, colon);
    String digits = text.substring(colon + 1);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    } else if (host.indexOf(':') >= 0) {
      throw bad(text);
    }
    if (digits.isEmpty()
        || digits.length() > 5
        || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
      throw bad(text);
    }
    int port = Integer.parseInt(digits);
    if (port > 65_535) {
      throw bad(text);
    }
    return new HostPort(host.isEmpty() ? "127.0.0.1" : host, port);
  }

  private static IllegalArgumentException bad(String text) {
    return new IllegalArgumentException(
        "'" + text + "' is not HOST:PORT (for example 127.0.0.1:9901; port 0 to 65535)");
  }

  /** The socket address; fails with one clear line if the host has no address. */
  InetSocketAddress resolve() {
    try {
      return new InetSocketAddress(InetAddress.getByName(host), port);
    } catch (UnknownHostException e) {
      throw new CommandFailure(
          this + ": unknown host '" + host + "' (expected an IP address or a known name)", e);
    }
  }

  /**
   * The socket address, after a try that it can be bound: so that a taken port ends a start before
   * anything else has begun.
   *
   * @param advice what to do if it is taken
   */
  InetSocketAddress free(String advice) {
    InetSocketAddress address = resolve();
    try (var probe = new ServerSocket()) {
      probe.setReuseAddress(true);
      probe.bind(address);
      return address;
    } catch (IOException e) {
      throw Program.cannotListen(this, advice, e);
    }
  }

  @Override
  public String toString() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }

  static final class Converter implements ITypeConverter<HostPort> {
    @Override
    public HostPort convert(String value) {
      try {
        return parse(value);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(String.valueOf(e.getMessage()));
      }
    }
  }
}
