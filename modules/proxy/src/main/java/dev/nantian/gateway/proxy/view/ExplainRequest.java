package dev.nantian.gateway.proxy.view;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The request that somebody wants explained.
 *
 * @param scheme {@code http} or {@code https}; null for either
 * @param port of the listener; null for any
 * @param method in its exact case
 * @param host without port
 * @param target path, with query if there is one
 * @param headers {@code Name: value}
 */
public record ExplainRequest(
    @Nullable String scheme,
    @Nullable Integer port,
    String method,
    String host,
    String target,
    List<String> headers) {
  /**
   * Checks what could not be a request at all.
   *
   * @throws IllegalArgumentException naming the parameter, its value and what was expected
   */
  public ExplainRequest {
    headers = List.copyOf(headers);
    if (scheme != null && !scheme.equals("http") && !scheme.equals("https")) {
      throw new IllegalArgumentException("scheme: \"" + scheme + "\" (expected http or https)");
    }
    if (port != null && (port < 1 || port > 65535)) {
      throw new IllegalArgumentException("port: " + port + " (expected 1 to 65535)");
    }
    oneLine("method", method);
    oneLine("host", host);
    oneLine("path", target);
    for (String header : headers) {
      oneLine("header", header);
      if (header.indexOf(':') < 1) {
        throw new IllegalArgumentException("header: \"" + header + "\" (expected \"Name: value\")");
      }
    }
  }

  private static void oneLine(String parameter, String value) {
    if (value.chars().anyMatch(c -> c < ' ' || c == 0x7f)) {
      throw new IllegalArgumentException(
          parameter
              + ": \""
              + value.replaceAll("\\p{Cntrl}", "?")
              + "\" (expected no control characters)");
    }
  }
}
