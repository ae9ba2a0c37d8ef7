package dev.nantian.gateway.proxy.pipeline;

import static dev.nantian.gateway.proxy.http.FieldNames.FORWARDED;
import static dev.nantian.gateway.proxy.http.FieldNames.X_FORWARDED_FOR;
import static dev.nantian.gateway.proxy.http.FieldNames.X_FORWARDED_HOST;
import static dev.nantian.gateway.proxy.http.FieldNames.X_FORWARDED_PROTO;

import dev.nantian.gateway.proxy.http.FieldNames;
import dev.nantian.gateway.proxy.http.Head;
import dev.nantian.gateway.proxy.http.HeaderName;
import dev.nantian.gateway.proxy.http.RequestHead;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** The fields that tell a backend where a request came from. */
final class ForwardedFields {
  private static final byte[] HTTP = "http".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] HTTPS = "https".getBytes(StandardCharsets.US_ASCII);

  private ForwardedFields() {}

  static void apply(RequestHead head, Downstream downstream, boolean trusted) {
    byte[] address = downstream.remoteAddressText();
    byte[] scheme = downstream.isTls() ? HTTPS : HTTP;
    if (trusted) {
      byte[] chain = chain(head, address);
      head.set(X_FORWARDED_FOR, chain);
      if (!head.contains(X_FORWARDED_PROTO)) {
        head.add(X_FORWARDED_PROTO, scheme);
      }
      if (!head.contains(X_FORWARDED_HOST)) {
        addHost(head);
      }
      return;
    }
    head.remove(FORWARDED);
    head.set(X_FORWARDED_FOR, address);
    head.set(X_FORWARDED_PROTO, scheme);
    head.remove(X_FORWARDED_HOST);
    addHost(head);
  }

  /** All received values in order, then the address, as one list. */
  private static byte[] chain(Head head, byte[] address) {
    int slot = head.indexOf(X_FORWARDED_FOR, 0);
    if (slot < 0) {
      return address;
    }
    ByteArrayOutputStream chain = new ByteArrayOutputStream();
    for (; slot >= 0; slot = head.indexOf(X_FORWARDED_FOR, slot + 1)) {
      chain.write(head.bytes(), head.valueOffset(slot), head.valueLength(slot));
      chain.writeBytes(new byte[] {',', ' '});
    }
    chain.writeBytes(address);
    return chain.toByteArray();
  }

  /** The Host field's value, without a copy of its own on the heap. */
  private static void addHost(RequestHead head) {
    int host = head.indexOf(FieldNames.HOST, 0);
    if (host < 0) {
      return;
    }
    int length = head.valueLength(host);
    HeaderName name = X_FORWARDED_HOST;
    int nameOffset = head.append(name.bytes());
    int valueOffset = head.reserve(length);
    byte[] bytes = head.bytes();
    System.arraycopy(bytes, head.valueOffset(host), bytes, valueOffset, length);
    head.record(nameOffset, name.bytes().length, valueOffset, length, name.hash());
  }
}
