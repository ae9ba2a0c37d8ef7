package dev.nantian.gateway.proxy;

import dev.nantian.gateway.proxy.pipeline.Worker;
import java.util.List;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sheds requests while buffers hold more than a share of the direct memory: an allocation that
 * fails would end connections that have done nothing wrong.
 *
 * <p>{@link #check} is called by one thread; the loops see its verdict a moment later.
 */
final class MemoryWatch {
  /** How often {@link #check} is to be called. */
  static final long CHECK_MILLIS = 100;

  private static final Logger LOG = LoggerFactory.getLogger(MemoryWatch.class);

  /** Shedding ends a tenth below the watermark, so that it does not flutter. */
  private static final int END_PERCENT = 90;

  private final LongSupplier usedBytes;
  private final long watermarkBytes;
  private final List<Worker> workers;
  private boolean isShort;

  /**
   * @param usedBytes what buffers in use occupy
   * @param watermarkBytes above this requests get 503; {@link Long#MAX_VALUE} for never
   */
  MemoryWatch(LongSupplier usedBytes, long watermarkBytes, List<Worker> workers) {
    this.usedBytes = usedBytes;
    this.watermarkBytes = watermarkBytes;
    this.workers = List.copyOf(workers);
  }

  /** What buffers in use occupy now. */
  long usedBytes() {
    return usedBytes.getAsLong();
  }

  void check() {
    long used = usedBytes.getAsLong();
    boolean next = used > (isShort ? watermarkBytes / 100 * END_PERCENT : watermarkBytes);
    if (next != isShort) {
      isShort = next;
      workers.forEach(worker -> worker.memoryShort(next));
      if (next) {
        LOG.warn("shedding requests: buffers={} watermark={}", used, watermarkBytes);
      } else {
        LOG.info("shedding ends: buffers={} watermark={}", used, watermarkBytes);
      }
    }
  }
}
