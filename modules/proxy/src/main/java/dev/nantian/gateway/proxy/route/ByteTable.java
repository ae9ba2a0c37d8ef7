package dev.nantian.gateway.proxy.route;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An immutable hash table from byte strings to values that is asked with a slice of received bytes.
 *
 * <p>Asking it builds no string and copies nothing: host, path and path elements are looked up
 * where the codec left them. Open addressing at a load of at most one half, so a miss costs one or
 * two probes however many keys there are.
 */
final class ByteTable<V> {
  private final byte[] @Nullable [] keys;
  private final Object[] values;
  private final int[] hashes;
  private final int mask;
  private final int size;

  private ByteTable(Map<String, V> entries) {
    int capacity = Math.max(2, Integer.highestOneBit(Math.max(1, entries.size() * 2 - 1)) * 2);
    keys = new byte[capacity][];
    values = new Object[capacity];
    hashes = new int[capacity];
    mask = capacity - 1;
    size = entries.size();
    for (Map.Entry<String, V> entry : entries.entrySet()) {
      byte[] key = entry.getKey().getBytes(StandardCharsets.UTF_8);
      int hash = hash(key, 0, key.length);
      int slot = hash & mask;
      while (keys[slot] != null) {
        slot = (slot + 1) & mask;
      }
      keys[slot] = key;
      hashes[slot] = hash;
      values[slot] = entry.getValue();
    }
  }

  /** A table of these entries; keys are taken as UTF-8. */
  static <V> ByteTable<V> of(Map<String, V> entries) {
    return new ByteTable<>(entries);
  }

  int size() {
    return size;
  }

  /** The value of the key {@code bytes[offset, offset + length)}, or null. */
  @Nullable V get(byte[] bytes, int offset, int length) {
    int hash = hash(bytes, offset, length);
    int slot = hash & mask;
    while (true) {
      byte[] key = keys[slot];
      if (key == null) {
        return null;
      }
      if (hashes[slot] == hash
          && key.length == length
          && Arrays.equals(key, 0, length, bytes, offset, offset + length)) {
        @SuppressWarnings("unchecked") // only values of type V are put in
        V value = (V) values[slot];
        return value;
      }
      slot = (slot + 1) & mask;
    }
  }

  private static int hash(byte[] bytes, int offset, int length) {
    int h = length;
    for (int i = offset; i < offset + length; i++) {
      h = 31 * h + bytes[i];
    }
    h ^= h >>> 16; // the table takes the low bits, which the last byte alone would decide
    h *= 0x85EBCA6B;
    return h ^ (h >>> 13);
  }
}
