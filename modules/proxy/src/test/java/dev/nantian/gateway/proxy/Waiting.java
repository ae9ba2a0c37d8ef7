package dev.nantian.gateway.proxy;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;

/** For what others do. */
final class Waiting {
  private Waiting() {}

  static void on(CountDownLatch latch) throws IOException {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  /** Returns when nothing was written for a while, which can only be because nothing is read. */
  static void untilStandsStill(AtomicLong written) {
    long[] last = {-1, 0};
    TestProxy.eventually(
        "the writer is stopped",
        () -> {
          long now = written.get();
          last[1] = now == last[0] && now > 0 ? last[1] + 1 : 0;
          last[0] = now;
          return last[1] > 300;
        });
  }
}
