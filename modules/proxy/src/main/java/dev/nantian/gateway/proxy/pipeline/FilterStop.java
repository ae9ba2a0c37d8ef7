package dev.nantian.gateway.proxy.pipeline;

import dev.nantian.gateway.proxy.filter.EventSplitter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.CompositeByteBuf;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * One filter's place in a {@link FilterLane}: what has come there, what the filter was given, and
 * what it made of it.
 *
 * <pre>
 *   head:  not come --> here --> gone          part, end:  wait here --> given --> gone
 * </pre>
 *
 * <p>Touched by its event loop only; made for one exchange.
 */
final class FilterStop {
  /** How a filter gets the body. */
  enum Mode {
    PASS,
    STREAM,
    EVENTS,
    WHOLE
  }

  private final FilterLink link;
  private Mode mode = Mode.PASS;
  private int maxBytes;
  private boolean headHere;
  private boolean headGone;
  private boolean paused;
  private boolean inside;
  private boolean resumedInside;
  private boolean bypassed;
  private boolean partGiven;
  private boolean endHere;
  private boolean endGiven;
  private boolean wholeGiven;
  private boolean ended;
  private final ArrayDeque<ByteBuf> waiting = new ArrayDeque<>(2);
  private final ArrayDeque<ByteBuf> written = new ArrayDeque<>(2); // while the head is here
  private @Nullable CompositeByteBuf whole;
  private @Nullable ByteBuf original; // what was given whole, for a filter that may fail
  private @Nullable EventSplitter splitter;

  FilterStop(FilterLink link) {
    this.link = link;
  }

  FilterLink link() {
    return link;
  }

  // What comes and goes.

  void headComes() {
    headHere = true;
  }

  void headGoes() {
    headHere = false;
    headGone = true;
  }

  /** Takes over the buffer. */
  void partComes(ByteBuf part) {
    waiting.add(part);
  }

  void endComes() {
    endHere = true;
  }

  /** The message's end has gone on. */
  void endGoes() {
    ended = true;
  }

  boolean hasHead() {
    return headHere;
  }

  boolean isHeadGone() {
    return headGone;
  }

  /** False if the head has not come yet: an answer took another way. */
  boolean hasHadHead() {
    return headHere || headGone;
  }

  /** True if the head need not wait for the body. */
  boolean letsHeadGo() {
    return headHere && (mode != Mode.WHOLE || bypassed);
  }

  /** True if the end is here and has not gone on. */
  boolean keepsEnd() {
    return endHere && !ended;
  }

  /** True while the source must not be read because of what waits here. */
  boolean isBlocked() {
    return paused || !waiting.isEmpty();
  }

  /** True while the source must be read, for the head waits for all of the body. */
  boolean isCollecting() {
    return headHere && mode == Mode.WHOLE && !endHere;
  }

  /** The next part that waits; null if there is none. */
  @Nullable ByteBuf poll() {
    return waiting.poll();
  }

  // What the filter gets.

  Mode mode() {
    return mode;
  }

  /** The filter wants the body. */
  void ask(Mode wanted, int most) {
    if (!headHere) {
      throw new IllegalStateException(
          "a body can be asked for only while its head is with the filter");
    }
    if (wanted != Mode.STREAM && most < 1) {
      throw new IllegalArgumentException("maxBytes: " + most + " (expected 1 or more)");
    }
    mode = wanted;
    maxBytes = most;
  }

  /** True if the body goes on without the filter. */
  boolean isPassedBy() {
    return bypassed || mode == Mode.PASS;
  }

  /** True if the filter is to be told that nothing more comes for now. */
  boolean wantsFlush() {
    return !isPassedBy() && !paused && headGone;
  }

  /** A part is given to the filter, or lost. */
  void onPartGiven() {
    partGiven = true;
  }

  /**
   * The next event of what waits; null if none is complete.
   *
   * @throws IllegalStateException if an event is larger than the filter allows
   */
  @Nullable ByteBuf nextEvent(ByteBufAllocator allocator) {
    EventSplitter events = splitter;
    if (events == null) {
      events = new EventSplitter(allocator, maxBytes);
      splitter = events;
    }
    ByteBuf event = events.next();
    while (event == null) {
      ByteBuf part = waiting.poll();
      if (part == null) {
        break;
      }
      events.add(part);
      event = events.next();
    }
    return event == null && endHere ? events.rest() : event;
  }

  /** Puts a part to those that are collected; false if they are too long now. */
  boolean collect(ByteBuf part, ByteBufAllocator allocator) {
    CompositeByteBuf all = whole;
    if (all == null) {
      all = allocator.compositeBuffer(1024);
      whole = all;
    }
    all.addFlattenedComponents(true, part);
    return all.readableBytes() <= maxBytes;
  }

  /** What is collected must go on as it came. */
  void uncollect() {
    ByteBuf soFar = whole;
    whole = null;
    if (soFar != null) {
      waiting.addFirst(soFar);
    }
  }

  /** True if the body is here whole and the filter has not had it. */
  boolean isWhole() {
    return endHere && !wholeGiven;
  }

  /** Gives away what was collected; null for an empty body. */
  @Nullable ByteBuf takeWhole() {
    wholeGiven = true;
    CompositeByteBuf all = whole;
    whole = null;
    if (all != null && link.failsOpen()) {
      original = all.retainedDuplicate();
    }
    return all;
  }

  /** True the first time: the filter is to be told of the end. */
  boolean markEndGiven() {
    boolean first = !endGiven;
    endGiven = true;
    return first;
  }

  // What the filter does.

  /** A call of the filter begins. */
  void enter() {
    inside = true;
    resumedInside = false;
  }

  void exit() {
    inside = false;
  }

  boolean isInside() {
    return inside;
  }

  /** The filter wants nothing more for now; false if it has changed its mind since. */
  boolean pause() {
    paused = !resumedInside && !bypassed;
    return paused;
  }

  /** The filter goes on; true if what waits is to be looked at. */
  boolean resume() {
    if (inside) {
      resumedInside = true;
      return false;
    }
    boolean was = paused;
    paused = false;
    return was;
  }

  boolean isPaused() {
    return paused;
  }

  /** Whether the filter may write a part of the body now. */
  boolean mayWrite() {
    return mode != Mode.PASS && !ended && hasHadHead();
  }

  /** Keeps what the filter wrote until the head goes; takes over the buffer. */
  void keepWritten(ByteBuf part) {
    written.add(part);
  }

  @Nullable ByteBuf pollWritten() {
    return written.poll();
  }

  long writtenBytes() {
    long sum = 0;
    for (ByteBuf part : written) {
      sum += part.readableBytes();
    }
    return sum;
  }

  /** The filter has done its work on the whole body: the original is of no use any more. */
  void dropOriginal() {
    if (original != null) {
      original.release();
      original = null;
    }
  }

  // Without the filter.

  boolean isBypassed() {
    return bypassed;
  }

  /** Whether the message can go on as it came without this filter. */
  boolean canBypass() {
    return !partGiven && !(wholeGiven && headGone);
  }

  /**
   * Leaves the filter out from now on.
   *
   * @return length of the body that it had whole and that waits here again; -1 if it had none
   */
  int bypass() {
    bypassed = true;
    paused = false;
    FilterLane.releaseAll(written);
    ByteBuf given = original;
    if (given != null) {
      original = null;
      waiting.addFirst(given);
      return given.readableBytes();
    }
    if (headHere && mode == Mode.WHOLE) {
      uncollect();
    }
    return -1;
  }

  /** Another message takes this one's place, behind this stop: the filter has no part in it. */
  void skip() {
    bypassed = true;
    paused = false;
    headHere = false;
    headGone = true;
    ended = true;
  }

  void release() {
    FilterLane.releaseAll(waiting);
    FilterLane.releaseAll(written);
    if (whole != null) {
      whole.release();
      whole = null;
    }
    dropOriginal();
    if (splitter != null) {
      splitter.release();
      splitter = null;
    }
  }
}
