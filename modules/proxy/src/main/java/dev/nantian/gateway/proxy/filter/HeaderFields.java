package dev.nantian.gateway.proxy.filter;

import dev.nantian.gateway.proxy.http.Head;
import dev.nantian.gateway.proxy.http.HeaderName;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The fields of a head or of trailers, as filters may see and change them.
 *
 * <p>Values are text in ISO-8859-1: each byte one character, both ways. Names and values that could
 * break a message are refused, and so are the fields that frame it or belong to the connection (RFC
 * 9110 section 7.6.1, RFC 9112 section 6): the proxy writes those.
 *
 * <p>For the exchange's event loop only.
 */
public class HeaderFields {
  private static final Set<HeaderName> NOT_FOR_FILTERS =
      Set.of(
          HeaderName.of("connection"),
          HeaderName.of("content-length"),
          HeaderName.of("keep-alive"),
          HeaderName.of("proxy-connection"),
          HeaderName.of("te"),
          HeaderName.of("trailer"),
          HeaderName.of("transfer-encoding"),
          HeaderName.of("upgrade"));

  private final Head head;

  /** A view of {@code head}. */
  public HeaderFields(Head head) {
    this.head = head;
  }

  /** Value of the first field of this name; null if there is none. */
  public final @Nullable String first(HeaderName name) {
    int slot = head.indexOf(name, 0);
    return slot < 0 ? null : value(slot);
  }

  /** Values of all fields of this name in order. */
  public final List<String> all(HeaderName name) {
    List<String> values = new ArrayList<>();
    for (int slot = head.indexOf(name, 0); slot >= 0; slot = head.indexOf(name, slot + 1)) {
      values.add(value(slot));
    }
    return values;
  }

  public final boolean contains(HeaderName name) {
    return head.contains(name);
  }

  /** Leaves exactly one field of this name. */
  public final void set(HeaderName name, String value) {
    byte[] bytes = checked(name, value);
    head.set(name, bytes);
  }

  /** Adds a field line. */
  public final void add(HeaderName name, String value) {
    head.add(name, checked(name, value));
  }

  /** Removes all fields of this name. */
  public final void remove(HeaderName name) {
    refuse(name);
    head.remove(name);
  }

  /** Calls with name (as received) and value of each field in order. */
  public final void forEach(BiConsumer<String, String> each) {
    int count = head.fieldCount();
    for (int slot = 0; slot < count; slot++) {
      if (head.isPresent(slot)) {
        each.accept(head.text(head.nameOffset(slot), head.nameLength(slot)), value(slot));
      }
    }
  }

  /** Replaces each value of this name by what {@code change} makes of it. */
  public final void replaceAll(HeaderName name, UnaryOperator<String> change) {
    List<String> values = all(name);
    remove(name);
    for (String value : values) {
      add(name, change.apply(value));
    }
  }

  private String value(int slot) {
    return head.text(head.valueOffset(slot), head.valueLength(slot));
  }

  /** Whether this kind of message lets filters write the field. */
  boolean isReserved(HeaderName name) {
    return NOT_FOR_FILTERS.contains(name);
  }

  private void refuse(HeaderName name) {
    if (isReserved(name)) {
      throw new IllegalArgumentException("field " + name + ": it is the proxy's to write");
    }
  }

  private byte[] checked(HeaderName name, String value) {
    refuse(name);
    if (!isToken(name.bytes())) {
      throw new IllegalArgumentException("field name: " + printable(name.toString()));
    }
    return checkedValue(name.toString(), value);
  }

  static byte[] checkedValue(String field, String value) {
    byte[] bytes = value.getBytes(StandardCharsets.ISO_8859_1);
    boolean wrong = !value.equals(value.strip());
    for (int i = 0; i < value.length() && !wrong; i++) {
      char c = value.charAt(i);
      wrong = c > 255 || c == 127 || (c < ' ' && c != '\t');
    }
    if (wrong) {
      throw new IllegalArgumentException(
          field + ": " + printable(value) + " (expected a header value, RFC 9110 section 5.5)");
    }
    return bytes;
  }

  private static boolean isToken(byte[] name) {
    for (byte b : name) {
      boolean alphanumeric = ((b | 0x20) >= 'a' && (b | 0x20) <= 'z') || (b >= '0' && b <= '9');
      if (!alphanumeric && "!#$%&'*+-.^_`|~".indexOf(b) < 0) {
        return false;
      }
    }
    return name.length > 0;
  }

  static String printable(String text) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      out.append(c < ' ' || c > '~' ? String.format("\\u%04x", (int) c) : String.valueOf(c));
    }
    return out.toString();
  }
}
