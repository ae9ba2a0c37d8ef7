package dev.nantian.gateway.control.source;

import java.util.List;
import java.util.function.Consumer;

/** One place that holds the objects the control plane works on. */
public interface ResourceSource extends AutoCloseable {

  /**
   * Begins to read and to watch. Called once.
   *
   * @param sink gets every event, one at a time and in order, on a thread of the source; it must
   *     not block
   * @throws SourceException if the place cannot be read at all
   */
  void start(Consumer<SourceEvent> sink);

  /**
   * What has not been read yet, and why if that is known; for people. Empty when all has been. Safe
   * for all threads.
   */
  default List<String> missing() {
    return List.of();
  }

  /** Ends the watch; no event follows after this returns. May be called more than once. */
  @Override
  void close();
}
