package dev.nantian.gateway.control.mailbox;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Messages that were sent to actors of one control plane and not handled to their end yet.
 *
 * <p>A handler counts the messages it sends before its own message counts as handled, so zero means
 * that every consequence of what came in has been drawn. Safe for all threads.
 */
public final class InFlight {
  private final AtomicLong count = new AtomicLong();
  private final Object lock = new Object();
  private List<CompletableFuture<Void>> waiting = new ArrayList<>();
  private List<Runnable> last = new ArrayList<>();
  private int lastUnderWay;

  void sent() {
    count.incrementAndGet();
  }

  void handled() {
    if (count.decrementAndGet() == 0) {
      release();
    }
  }

  /** Messages under way now. */
  public long count() {
    return count.get();
  }

  /**
   * Completes when nothing is under way, on the thread that handled the last message (at once on
   * the caller's thread if that is so already).
   */
  public CompletionStage<Void> settled() {
    CompletableFuture<Void> settled = new CompletableFuture<>();
    synchronized (lock) {
      waiting.add(settled);
    }
    if (count.get() == 0) {
      release();
    }
    return settled;
  }

  /**
   * Runs a step when nothing else is under way, before that is told to anybody: for what must come
   * after every consequence of what has come in, such as to let go of what nobody uses any more.
   *
   * @param step sends a message; runs on the thread that handled the last message
   */
  public void atLast(Runnable step) {
    synchronized (lock) {
      last.add(step);
    }
    if (count.get() == 0) {
      release();
    }
  }

  private void release() {
    List<Runnable> steps;
    List<CompletableFuture<Void>> released = List.of();
    synchronized (lock) {
      steps = last;
      last = new ArrayList<>();
      if (!steps.isEmpty()) {
        lastUnderWay++;
      } else if (lastUnderWay == 0) {
        released = waiting;
        waiting = new ArrayList<>();
      }
    }
    if (!steps.isEmpty()) {
      steps.forEach(Runnable::run);
      synchronized (lock) {
        lastUnderWay--;
      }
      if (count.get() == 0) {
        release();
      }
      return;
    }
    for (CompletableFuture<Void> settled : released) {
      settled.complete(null);
    }
  }
}
