package dev.nantian.gateway.echo;

import java.util.List;
import java.util.Map;

/**
 * What the backend received, as it tells it in JSON.
 *
 * @param name of the backend
 * @param protocol {@code HTTP/1.1} or {@code HTTP/2.0}
 * @param path as it came, undecoded, without the query; over HTTP/2 with its percent-encoding
 *     normalised
 * @param query as it came, undecoded, without the question mark; empty if there was none
 * @param headers by lower-case name in order of arrival; several lines of a name are several
 *     values; over HTTP/2 with {@code :authority} in place of {@code host}
 */
public record EchoReport(
    String name,
    String method,
    String path,
    String query,
    String protocol,
    Map<String, List<String>> headers,
    Body body) {

  /**
   * The request body.
   *
   * @param size in bytes, all of it
   * @param text its beginning (at most 64 KiB) as UTF-8
   */
  public record Body(long size, String text) {}

  /** The one-line form, for a client that accepts {@code text/plain}. */
  public String summary() {
    return name + ": " + method + " " + path + (query.isEmpty() ? "" : "?" + query) + "\n";
  }
}
