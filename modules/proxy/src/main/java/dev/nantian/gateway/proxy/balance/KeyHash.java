package dev.nantian.gateway.proxy.balance;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Hashes of keys and member names: 64 well mixed bits, the same in every process of every version,
 * for the owner of a key must not change with a restart. Not cryptographic: who chooses the keys
 * can choose the endpoint.
 */
public final class KeyHash {
  /** Odd, with no pattern in its bits (2^64 by the golden ratio). */
  static final long STEP = 0x9e3779b97f4a7c15L;

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private KeyHash() {}

  /** Hash of {@code bytes[offset, offset + length)}; allocates nothing. */
  public static long of(byte[] bytes, int offset, int length) {
    long hash = length * STEP;
    int at = offset;
    int end = offset + length;
    for (; end - at >= Long.BYTES; at += Long.BYTES) {
      hash = mix(hash ^ (long) LONGS.get(bytes, at)) + STEP;
    }
    long rest = 0;
    for (int shift = 0; at < end; at++, shift += 8) {
      rest |= (bytes[at] & 0xffL) << shift;
    }
    return mix(hash ^ rest);
  }

  static long of(String name) {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    return of(bytes, 0, bytes.length);
  }

  /** A permutation of the longs in which each input bit changes half of the output bits. */
  static long mix(long value) {
    long mixed = value;
    mixed = (mixed ^ (mixed >>> 32)) * 0xd6e8feb86659fd93L;
    mixed = (mixed ^ (mixed >>> 32)) * 0xd6e8feb86659fd93L;
    return mixed ^ (mixed >>> 32);
  }
}
