package dev.nantian.gateway.proxy.pipeline;

import static dev.nantian.gateway.proxy.http.FieldNames.X_FORWARDED_FOR;
import static dev.nantian.gateway.proxy.http.FieldNames.X_FORWARDED_HOST;
import static dev.nantian.gateway.proxy.http.FieldNames.X_FORWARDED_PROTO;

import dev.nantian.gateway.proxy.http.FieldNames;
import dev.nantian.gateway.proxy.http.Head;
import dev.nantian.gateway.proxy.http.HeaderName;
import dev.nantian.gateway.proxy.http.RequestHead;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * The fields that tell a backend where a request came from.
 *
 * <p>What a client says of its own origin is removed unless it is trusted: {@code Forwarded}, every
 * {@code X-Forwarded-…} and {@code X-Real-IP}. Names that differ from these only in {@code _} for
 * {@code -} are removed in any case: many backends (CGI, RFC 3875 section 4.1.18, and what follows
 * its naming) cannot tell the two apart and could take the client's word for ours.
 */
final class ForwardedFields {
  private static final byte[] HTTP = ascii("http");
  private static final byte[] HTTPS = ascii("https");
  private static final byte[] FORWARDED_NAME = ascii("forwarded");
  private static final byte[] X_REAL_IP = ascii("x-real-ip");
  private static final byte[] X_FORWARDED = ascii("x-forwarded-");

  private ForwardedFields() {}

  static void apply(RequestHead head, Downstream downstream, boolean trusted) {
    byte[] address = downstream.remoteAddressText();
    byte[] scheme = downstream.isTls() ? HTTPS : HTTP;
    removeClaims(head, trusted);
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
    head.add(X_FORWARDED_FOR, address);
    head.add(X_FORWARDED_PROTO, scheme);
    addHost(head);
  }

  /** One pass over the names; the first letter and the length tell most of them apart. */
  private static void removeClaims(Head head, boolean trusted) {
    for (int slot = 0; slot < head.fieldCount(); slot++) {
      int length = head.nameLength(slot);
      if (length < FORWARDED_NAME.length) {
        continue; // removed ones too
      }
      byte[] bytes = head.bytes();
      int offset = head.nameOffset(slot);
      int first = bytes[offset] | 0x20;
      boolean claim =
          first == 'x'
              ? startsWith(bytes, offset, length, X_FORWARDED)
                  || (length == X_REAL_IP.length && startsWith(bytes, offset, length, X_REAL_IP))
              : first == 'f'
                  && length == FORWARDED_NAME.length
                  && startsWith(bytes, offset, length, FORWARDED_NAME);
      if (claim && (!trusted || hasUnderscore(bytes, offset, length))) {
        head.removeSlot(slot);
      }
    }
  }

  /** In any case of letters, with {@code _} as good as {@code -}. */
  private static boolean startsWith(byte[] bytes, int offset, int length, byte[] prefix) {
    if (length < prefix.length) {
      return false;
    }
    for (int i = 0; i < prefix.length; i++) {
      byte b = bytes[offset + i];
      int folded = b == '_' ? '-' : b >= 'A' && b <= 'Z' ? b | 0x20 : b;
      if (folded != prefix[i]) {
        return false;
      }
    }
    return true;
  }

  private static boolean hasUnderscore(byte[] bytes, int offset, int length) {
    for (int i = offset; i < offset + length; i++) {
      if (bytes[i] == '_') {
        return true;
      }
    }
    return false;
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

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
