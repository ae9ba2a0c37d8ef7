package dev.nantian.gateway.proxy.route;

import dev.nantian.gateway.proxy.http.HeaderName;
import dev.nantian.gateway.proxy.http.RequestHead;
import java.nio.charset.StandardCharsets;

/** Heads as the codec would give them. */
public final class Requests {
  private Requests() {}

  /**
   * A head.
   *
   * @param target path with query
   * @param headers {@code Name: value}
   */
  public static RequestHead request(String method, String host, String target, String... headers) {
    RequestHead head = new RequestHead();
    head.append(bytes("padding")); // offsets must not be taken for zero
    head.method(head.append(bytes(method)), method.length());
    int mark = target.indexOf('?');
    String path = mark < 0 ? target : target.substring(0, mark);
    head.path(head.append(bytes(path)), path.length());
    if (mark >= 0) {
      String query = target.substring(mark + 1);
      head.query(head.append(bytes(query)), query.length());
    }
    head.authority(head.append(bytes(host)), host.length(), -1);
    for (String header : headers) {
      int colon = header.indexOf(':');
      head.add(
          HeaderName.of(header.substring(0, colon)), bytes(header.substring(colon + 1).strip()));
    }
    return head;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
