package dev.nantian.gateway.proxy.listener.h2;

import java.util.Arrays;

/**
 * The streams that we reset last. Frames that the client sent before it heard of that are passed
 * over (RFC 9113 section 5.1); without this they would be mistakes of the client.
 *
 * <p>Touched by its event loop only.
 */
final class ResetStreams {
  private static final int REMEMBERED = 256;

  private int[] ids = new int[8];
  private int next;

  void add(int streamId) {
    if (next == ids.length && next < REMEMBERED) {
      ids = Arrays.copyOf(ids, 2 * next);
    }
    ids[next % ids.length] = streamId;
    next = next + 1 == 2 * REMEMBERED ? REMEMBERED : next + 1;
  }

  boolean contains(int streamId) {
    for (int id : ids) {
      if (id == streamId) {
        return true;
      }
    }
    return false;
  }
}
