package dev.nantian.gateway.proxy.filter;

import dev.nantian.gateway.proxy.http.HeaderName;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A response that a filter gives.
 *
 * @param status 200 to 599
 * @param fields header fields, without those that frame the message
 * @param body all of it; empty for none or for one that follows in parts
 */
public record Answer(int status, List<Field> fields, byte[] body) {
  private static final HeaderName CONTENT_TYPE = HeaderName.of("content-type");

  /** One header field. */
  public record Field(HeaderName name, String value) {}

  public Answer {
    if (status < 200 || status > 599) {
      throw new IllegalArgumentException("status: " + status + " (expected 200 to 599)");
    }
    fields = List.copyOf(fields);
  }

  /** Without fields and body. */
  public static Answer of(int status) {
    return new Answer(status, List.of(), new byte[0]);
  }

  /** A line of text, as the proxy's own answers are. */
  public static Answer text(int status, String text) {
    return of(status)
        .with(CONTENT_TYPE, "text/plain")
        .body((status + " " + text + "\n").getBytes(StandardCharsets.UTF_8));
  }

  /** With one more field. */
  public Answer with(HeaderName name, String value) {
    List<Field> more = new ArrayList<>(fields);
    more.add(new Field(name, value));
    return new Answer(status, more, body);
  }

  /** With this body. */
  public Answer body(byte[] bytes) {
    return new Answer(status, fields, bytes);
  }
}
