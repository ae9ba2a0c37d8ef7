package dev.nantian.gateway.proxy.http;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A request's or response's header section: offsets into a byte array that the head owns.
 *
 * <p>Protocol-neutral: the HTTP/1 codec copies a received head in and records its fields, an HTTP/2
 * codec appends decoded fields; filters and matchers see no difference. Bytes are never moved or
 * overwritten once recorded, so an offset stays good for the life of the head; removing a field
 * only marks it, adding appends its bytes. Reused through {@link #clear()}.
 *
 * <p>Owned by one exchange and touched only by the thread of its event loop.
 */
public abstract class Head {
  private static final int INTS_PER_FIELD = 5;
  private static final int REMOVED = -1;

  private byte[] bytes;
  private int length;
  private int[] fields = new int[INTS_PER_FIELD * 24];
  private int fieldCount;
  private boolean edited;
  private long contentLength = -1;
  private boolean chunked;
  private boolean wantsClose;
  private boolean wantsKeepAlive;
  private boolean acceptsTrailers;
  private boolean listsUpgrade;
  private int upgradeOffset;
  private int upgradeLength;

  protected Head(int initialCapacity) {
    this.bytes = new byte[initialCapacity];
  }

  /** Forgets everything, keeping the arrays. */
  public void clear() {
    length = 0;
    fieldCount = 0;
    edited = false;
    contentLength = -1;
    chunked = false;
    wantsClose = false;
    wantsKeepAlive = false;
    acceptsTrailers = false;
    listsUpgrade = false;
    upgradeLength = 0;
  }

  /** Value of Content-Length, -1 if the message has none. */
  public final long contentLength() {
    return contentLength;
  }

  /** Records what the Content-Length field says; does not touch the field. */
  public final void contentLength(long contentLength) {
    this.contentLength = contentLength;
  }

  /** True if the body arrives in chunks (RFC 9112 section 7.1). */
  public final boolean isChunked() {
    return chunked;
  }

  /** Records what the Transfer-Encoding field says; does not touch the field. */
  public final void chunked(boolean chunked) {
    this.chunked = chunked;
  }

  /** True if the sender will use the connection for no further message (RFC 9112 section 9.6). */
  public final boolean wantsClose() {
    return wantsClose;
  }

  /** Records that the connection ends after this message. */
  public final void wantsClose(boolean wantsClose) {
    this.wantsClose = wantsClose;
  }

  /** True if an HTTP/1.0 sender asked to keep the connection. */
  public final boolean wantsKeepAlive() {
    return wantsKeepAlive;
  }

  /** Records that an HTTP/1.0 sender asked to keep the connection. */
  public final void wantsKeepAlive(boolean wantsKeepAlive) {
    this.wantsKeepAlive = wantsKeepAlive;
  }

  /** True if the sender of a request said {@code TE: trailers} (RFC 9110 section 10.1.4). */
  public final boolean acceptsTrailers() {
    return acceptsTrailers;
  }

  /** Records that {@code TE} lists trailers. */
  public final void acceptsTrailers(boolean acceptsTrailers) {
    this.acceptsTrailers = acceptsTrailers;
  }

  /** Records that Connection lists {@code upgrade}. */
  final void listsUpgrade(boolean listsUpgrade) {
    this.listsUpgrade = listsUpgrade;
  }

  final boolean listsUpgrade() {
    return listsUpgrade;
  }

  /** Records the protocol that Upgrade names; length 0 for none. */
  public final void upgrade(int offset, int length) {
    upgradeOffset = offset;
    upgradeLength = length;
  }

  /**
   * The protocol to change to (RFC 9110 section 7.8) in {@link #bytes()}: asked for by a request,
   * taken by a 101 response.
   */
  public final int upgradeOffset() {
    return upgradeOffset;
  }

  /** 0 if there is none. */
  public final int upgradeLength() {
    return upgradeLength;
  }

  /** True if {@code name}, in lower case, is the protocol to change to, in any case. */
  public final boolean isUpgradeTo(String name) {
    return upgradeLength > 0 && Octets.equalsIgnoreCase(bytes, upgradeOffset, upgradeLength, name);
  }

  /** True if the head is not to be sent on as it was received, byte for byte. */
  public final boolean isEdited() {
    return edited;
  }

  /** Says that the head must be written anew although no field changed. */
  public final void rewrite() {
    edited = true;
  }

  /** What was received may not be passed on as it came. */
  final void markEdited() {
    edited = true;
  }

  /**
   * The array that all offsets of this head refer to. Valid until the next append; do not keep it
   * across calls.
   */
  public final byte[] bytes() {
    return bytes;
  }

  /** Number of bytes recorded so far. */
  public final int length() {
    return length;
  }

  /**
   * Makes room for {@code count} bytes and returns the offset at which the caller must write them
   * into {@link #bytes()}.
   */
  public final int reserve(int count) {
    int offset = length;
    if (bytes.length - length < count) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + count));
    }
    length += count;
    return offset;
  }

  /** Forgets bytes received after the end of the head: they belong to the body. */
  final void truncate(int end) {
    length = end;
  }

  /** Appends bytes and returns their offset. */
  public final int append(byte[] source) {
    int offset = reserve(source.length);
    System.arraycopy(source, 0, bytes, offset, source.length);
    return offset;
  }

  /**
   * Records a field whose bytes are already in {@link #bytes()}. {@code nameHash} is {@link
   * HeaderName#hash(byte[], int, int)}.
   */
  public final void record(
      int nameOffset, int nameLength, int valueOffset, int valueLength, int nameHash) {
    int base = fieldCount * INTS_PER_FIELD;
    if (base == fields.length) {
      fields = Arrays.copyOf(fields, fields.length * 2);
    }
    fields[base] = nameOffset;
    fields[base + 1] = nameLength;
    fields[base + 2] = valueOffset;
    fields[base + 3] = valueLength;
    fields[base + 4] = nameHash;
    fieldCount++;
  }

  /**
   * Number of field slots, removed ones included; walk {@code 0..fieldCount()} and skip what is not
   * {@link #isPresent}.
   */
  public final int fieldCount() {
    return fieldCount;
  }

  /** False if the field in this slot was removed. */
  public final boolean isPresent(int slot) {
    return fields[slot * INTS_PER_FIELD + 1] != REMOVED;
  }

  /** Offset of the field's name in {@link #bytes()}. */
  public final int nameOffset(int slot) {
    return fields[slot * INTS_PER_FIELD];
  }

  /** Length of the field's name in bytes. */
  public final int nameLength(int slot) {
    return fields[slot * INTS_PER_FIELD + 1];
  }

  /** Offset of the field's value, without surrounding white space. */
  public final int valueOffset(int slot) {
    return fields[slot * INTS_PER_FIELD + 2];
  }

  /** Length of the field's value in bytes. */
  public final int valueLength(int slot) {
    return fields[slot * INTS_PER_FIELD + 3];
  }

  /** Case-insensitive hash of the field's name. */
  public final int nameHash(int slot) {
    return fields[slot * INTS_PER_FIELD + 4];
  }

  /** True if the slot holds a field of this name. */
  public final boolean is(int slot, HeaderName name) {
    int base = slot * INTS_PER_FIELD;
    return fields[base + 4] == name.hash()
        && fields[base + 1] != REMOVED
        && name.matches(bytes, fields[base], fields[base + 1]);
  }

  /** First slot at or after {@code from} with a field of this name, or -1. */
  public final int indexOf(HeaderName name, int from) {
    for (int slot = from; slot < fieldCount; slot++) {
      if (is(slot, name)) {
        return slot;
      }
    }
    return -1;
  }

  /** True if there is at least one field of this name. */
  public final boolean contains(HeaderName name) {
    return indexOf(name, 0) >= 0;
  }

  /** True if there is no field. */
  public final boolean isEmpty() {
    for (int slot = 0; slot < fieldCount; slot++) {
      if (isPresent(slot)) {
        return false;
      }
    }
    return true;
  }

  /** Removes the field in this slot. */
  public final void removeSlot(int slot) {
    edited = true;
    fields[slot * INTS_PER_FIELD + 1] = REMOVED;
  }

  /** Removes every field of this name. */
  public final void remove(HeaderName name) {
    for (int slot = indexOf(name, 0); slot >= 0; slot = indexOf(name, slot + 1)) {
      removeSlot(slot);
    }
  }

  /** Adds a field line; existing ones of the name stay. */
  public final void add(HeaderName name, byte[] value) {
    edited = true;
    int nameOffset = append(name.bytes());
    int valueOffset = append(value);
    record(nameOffset, name.bytes().length, valueOffset, value.length, name.hash());
  }

  /** Adds copies of all fields that {@code other} has. */
  public final void addAll(Head other) {
    edited = true;
    for (int slot = 0; slot < other.fieldCount(); slot++) {
      if (other.isPresent(slot)) {
        int nameLength = other.nameLength(slot);
        int valueLength = other.valueLength(slot);
        int offset = reserve(nameLength + valueLength);
        System.arraycopy(other.bytes, other.nameOffset(slot), bytes, offset, nameLength);
        System.arraycopy(
            other.bytes, other.valueOffset(slot), bytes, offset + nameLength, valueLength);
        record(offset, nameLength, offset + nameLength, valueLength, other.nameHash(slot));
      }
    }
  }

  /** Leaves exactly one field of this name, with this value. */
  public final void set(HeaderName name, byte[] value) {
    remove(name);
    add(name, value);
  }

  /**
   * The bytes {@code [offset, offset + length)} as text (ISO-8859-1). Allocates: for logs, explain
   * and tests.
   */
  public final String text(int offset, int length) {
    return new String(bytes, offset, length, StandardCharsets.ISO_8859_1);
  }
}
