package dev.nantian.gateway.proxy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.LoggerFactory;

/**
 * Every buffer is followed while this is open; those that were collected without having been
 * released are named.
 */
final class Leaks implements AutoCloseable {
  private final ResourceLeakDetector.Level before = ResourceLeakDetector.getLevel();
  private final Logger log = (Logger) LoggerFactory.getLogger(ResourceLeakDetector.class);
  private final List<String> found = new CopyOnWriteArrayList<>();
  private final AppenderBase<ILoggingEvent> appender =
      new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
          found.add(event.getFormattedMessage());
        }
      };

  Leaks() {
    look(); // what others left is theirs
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
    appender.start();
    log.addAppender(appender);
  }

  /** What leaked until now, with where it was last touched. */
  List<String> found() {
    look();
    return found;
  }

  /** The detector tells of what was collected when the next buffer is made. */
  private static void look() {
    for (int i = 0; i < 3; i++) {
      System.gc();
      for (int buffer = 0; buffer < 200; buffer++) {
        PooledByteBufAllocator.DEFAULT.directBuffer(16).release();
      }
    }
  }

  @Override
  public void close() {
    log.detachAppender(appender);
    ResourceLeakDetector.setLevel(before);
  }
}
