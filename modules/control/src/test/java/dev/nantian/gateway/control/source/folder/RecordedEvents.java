package dev.nantian.gateway.control.source.folder;

import static org.assertj.core.api.Assertions.fail;

import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.control.source.SourceEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** A sink that keeps the events until a test asks for them. */
final class RecordedEvents implements Consumer<SourceEvent> {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final BlockingQueue<SourceEvent> queue = new LinkedBlockingQueue<>();

  @Override
  public void accept(SourceEvent event) {
    queue.add(event);
  }

  /** The events from now up to the first that fits. */
  List<SourceEvent> until(Predicate<SourceEvent> fits) {
    List<SourceEvent> seen = new ArrayList<>();
    long end = System.nanoTime() + PATIENCE.toNanos();
    try {
      while (true) {
        SourceEvent event = queue.poll(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
        if (event == null) {
          return fail("no such event within " + PATIENCE + "; seen: " + texts(seen));
        }
        seen.add(event);
        if (fits.test(event)) {
          return seen;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return fail("interrupted");
    }
  }

  List<String> textsUntil(String text) {
    return texts(until(event -> text(event).equals(text)));
  }

  static List<String> texts(List<SourceEvent> events) {
    return events.stream().map(RecordedEvents::text).toList();
  }

  /** One line for an event: {@code applied HTTPRoute shop/cart 2}. */
  static String text(SourceEvent event) {
    return switch (event) {
      case SourceEvent.Applied(var object) -> "applied " + object.key() + " " + object.generation();
      case SourceEvent.Deleted(ResourceKey key) -> "deleted " + key;
      case SourceEvent.Rejected(String subject, var diagnostics, var kept) -> "rejected " + subject;
      case SourceEvent.Noticed(String subject, var diagnostics) -> "noticed " + subject;
      case SourceEvent.Recovered(String subject) -> "recovered " + subject;
      case SourceEvent.Synced() -> "synced";
    };
  }
}
