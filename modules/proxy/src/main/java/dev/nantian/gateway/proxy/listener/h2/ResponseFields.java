package dev.nantian.gateway.proxy.listener.h2;

import dev.nantian.gateway.proxy.http.FieldNames;
import dev.nantian.gateway.proxy.http.Head;
import dev.nantian.gateway.proxy.http.HeaderName;
import dev.nantian.gateway.proxy.http.ResponseHead;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.util.AsciiString;
import io.netty.util.concurrent.FastThreadLocal;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * A response's fields as Netty's HPACK encoder wants them: it walks through them once, while it is
 * called, so one object serves all responses of a loop.
 *
 * <p>Encoders keep names and values in their tables, so they need bytes that stay. Both come from a
 * small cache where they can (most responses of a backend repeat most of their fields), which also
 * saves hashing them anew.
 *
 * <p>Touched by its event loop only.
 */
final class ResponseFields extends DefaultHttp2Headers {
  private static final FastThreadLocal<ResponseFields> OF_LOOP =
      new FastThreadLocal<>() {
        @Override
        protected ResponseFields initialValue() {
          return new ResponseFields();
        }
      };
  private static final AsciiString STATUS = AsciiString.cached(":status");
  private static final AsciiString[] STATUSES = new AsciiString[1000];
  private static final int CACHE_SLOTS = 512;
  private static final int MAX_CACHED_VALUE = 64;

  static {
    for (int status = 100; status < STATUSES.length; status++) {
      STATUSES[status] = AsciiString.cached(Integer.toString(status));
    }
  }

  private final @Nullable AsciiString[] cachedNames = new @Nullable AsciiString[CACHE_SLOTS];
  private final @Nullable AsciiString[] cachedValues = new @Nullable AsciiString[CACHE_SLOTS];
  private final Cursor cursor = new Cursor();
  private AsciiString[] fields = new AsciiString[64];
  private int count;

  private ResponseFields() {
    super(false, 2);
  }

  /** Those of the loop that calls, with nothing but the status. */
  static ResponseFields of(int status) {
    ResponseFields mine = OF_LOOP.get();
    mine.count = 0;
    mine.put(STATUS, STATUSES[status]);
    return mine;
  }

  /** The fields of {@code head}, without those that HTTP/2 does not know. */
  static ResponseFields of(ResponseHead head) {
    return of(head.status(), head);
  }

  /** As {@link #of(ResponseHead)} with another status. */
  static ResponseFields of(int status, ResponseHead head) {
    ResponseFields mine = of(status);
    for (int slot = 0; slot < head.fieldCount(); slot++) {
      if (head.isPresent(slot) && !head.is(slot, FieldNames.TRANSFER_ENCODING)) {
        int entry = head.nameHash(slot) & (CACHE_SLOTS - 1);
        mine.put(mine.name(head, slot, entry), mine.value(head, slot, entry));
      }
    }
    return mine;
  }

  /** Trailers may wait behind DATA for the client's window, so they get an object of their own. */
  static DefaultHttp2Headers trailers(Head head) {
    DefaultHttp2Headers fields = new DefaultHttp2Headers(false, 8);
    for (int slot = 0; slot < head.fieldCount(); slot++) {
      if (head.isPresent(slot)) {
        fields.add(lowerCase(head, slot), copyOfValue(head, slot));
      }
    }
    return fields;
  }

  /** Adds a field of our own. */
  ResponseFields with(HeaderName name, byte[] value) {
    put(new AsciiString(name.bytes(), false), new AsciiString(value, false));
    return this;
  }

  private void put(AsciiString name, AsciiString value) {
    if (count == fields.length) {
      fields = Arrays.copyOf(fields, 2 * count);
    }
    fields[count++] = name;
    fields[count++] = value;
  }

  private AsciiString name(Head head, int slot, int entry) {
    AsciiString known = cachedNames[entry];
    int length = head.nameLength(slot);
    if (known != null && known.length() == length && isLowerCaseOf(known, head, slot)) {
      return known;
    }
    AsciiString name = lowerCase(head, slot);
    cachedNames[entry] = name;
    cachedValues[entry] = null;
    return name;
  }

  private static boolean isLowerCaseOf(AsciiString known, Head head, int slot) {
    byte[] bytes = head.bytes();
    int offset = head.nameOffset(slot);
    for (int i = 0; i < known.length(); i++) {
      if (known.byteAt(i) != lower(bytes[offset + i])) {
        return false;
      }
    }
    return true;
  }

  private static AsciiString lowerCase(Head head, int slot) {
    byte[] name = new byte[head.nameLength(slot)];
    int offset = head.nameOffset(slot);
    for (int i = 0; i < name.length; i++) {
      name[i] = lower(head.bytes()[offset + i]);
    }
    return new AsciiString(name, false);
  }

  private static byte lower(byte b) {
    return b >= 'A' && b <= 'Z' ? (byte) (b + ('a' - 'A')) : b;
  }

  private AsciiString value(Head head, int slot, int entry) {
    AsciiString known = cachedValues[entry];
    int offset = head.valueOffset(slot);
    int length = head.valueLength(slot);
    if (known != null
        && known.length() == length
        && Arrays.equals(
            known.array(),
            known.arrayOffset(),
            known.arrayOffset() + length,
            head.bytes(),
            offset,
            offset + length)) {
      return known;
    }
    AsciiString value = copyOfValue(head, slot);
    if (length <= MAX_CACHED_VALUE) {
      cachedValues[entry] = value;
    }
    return value;
  }

  private static AsciiString copyOfValue(Head head, int slot) {
    return new AsciiString(head.bytes(), head.valueOffset(slot), head.valueLength(slot), true);
  }

  // What the encoder asks for.

  @Override
  public CharSequence status() {
    return fields[1];
  }

  @Override
  public Iterator<Map.Entry<CharSequence, CharSequence>> iterator() {
    cursor.at = -2;
    return cursor;
  }

  @Override
  public int size() {
    return count / 2;
  }

  @Override
  public boolean isEmpty() {
    return count == 0;
  }

  private final class Cursor
      implements Iterator<Map.Entry<CharSequence, CharSequence>>,
          Map.Entry<CharSequence, CharSequence> {
    private int at;

    @Override
    public boolean hasNext() {
      return at + 2 < count;
    }

    @Override
    public Map.Entry<CharSequence, CharSequence> next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      at += 2;
      return this;
    }

    @Override
    public CharSequence getKey() {
      return fields[at];
    }

    @Override
    public CharSequence getValue() {
      return fields[at + 1];
    }

    @Override
    public CharSequence setValue(CharSequence value) {
      throw new UnsupportedOperationException();
    }
  }
}
