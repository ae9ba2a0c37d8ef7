package dev.nantian.gateway.proxy.pipeline;

import dev.nantian.gateway.proxy.filter.EventSplitter;
import dev.nantian.gateway.proxy.filter.Verdict;
import dev.nantian.gateway.proxy.http.BodyReader;
import dev.nantian.gateway.proxy.http.FieldNames;
import dev.nantian.gateway.proxy.http.Head;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.CompositeByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One direction of an exchange that has filters: a head, parts of a body and an end travel from
 * stop to stop, one {@link Stop} for each filter, and into the sink.
 *
 * <p>At each stop things wait in their order while the filter pauses. The rule of back-pressure is
 * {@link #wantsSource}: nothing is read while anything waits anywhere.
 *
 * <p>As long as no filter asked for the body ({@link #isTouched}) only the head travels here, and
 * the body passes the lane by.
 *
 * <p>Touched by its event loop only; made for one exchange.
 */
abstract class FilterLane {
  /** How a filter gets the body. */
  enum Mode {
    PASS,
    STREAM,
    EVENTS,
    WHOLE
  }

  /** The calls of a direction. */
  enum Call {
    HEAD,
    BODY,
    END
  }

  /** One filter's place in a lane. */
  static final class Stop {
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
    private final ArrayDeque<ByteBuf> out = new ArrayDeque<>(2);
    private @Nullable CompositeByteBuf whole;
    private @Nullable ByteBuf original;
    private @Nullable EventSplitter splitter;

    Stop(FilterLink link) {
      this.link = link;
    }

    boolean hasHead() {
      return headHere;
    }

    boolean isHeadGone() {
      return headGone;
    }

    boolean isPaused() {
      return paused;
    }

    private void release() {
      releaseAll(waiting);
      releaseAll(out);
      if (whole != null) {
        whole.release();
        whole = null;
      }
      if (original != null) {
        original.release();
        original = null;
      }
      if (splitter != null) {
        splitter.release();
        splitter = null;
      }
    }
  }

  private static final byte[] ZERO = {'0'};

  private final FilterChain chain;
  private final ByteBufAllocator allocator;
  private final List<Stop> stops = new ArrayList<>(4);
  private final ArrayDeque<ByteBuf> tail = new ArrayDeque<>(2);
  private boolean hasBody;
  private boolean bodyAllowed = true;
  private boolean touched;
  private boolean tailEnd;
  private boolean sinkOpen;
  private boolean closed;
  private long exactLength;

  FilterLane(FilterChain chain, ByteBufAllocator allocator) {
    this.chain = chain;
    this.allocator = allocator;
  }

  // What the directions differ in.

  abstract Verdict invoke(FilterLink link, Call call, @Nullable ByteBuf part);

  abstract Head head();

  /** The source's chunks are to come unwrapped. */
  abstract void unwrapSource();

  /** The head goes to the stop at {@code index}, or to the sink. */
  abstract void beforeStop(int index);

  /** The head has passed all stops; the sink is opened when it is ready. */
  abstract void headAtSink();

  abstract void sink(ByteBuf part);

  abstract void sinkEnd();

  /** A filter that collects met a body that is too long. */
  abstract void tooLong();

  // Building.

  List<Stop> stops() {
    return stops;
  }

  /** Adds a place behind all others. */
  Stop append(FilterLink link) {
    Stop stop = new Stop(link);
    stops.add(stop);
    return stop;
  }

  /** Adds a place before all others. */
  Stop prepend(FilterLink link) {
    Stop stop = new Stop(link);
    stops.addFirst(stop);
    return stop;
  }

  // The message.

  /**
   * The head enters.
   *
   * @param from first stop that sees it
   * @param hasBody whether parts and an end follow by {@link #part} and {@link #end}; without, the
   *     end follows at once
   * @param bodyAllowed false: whatever filters write is dropped (response to HEAD, 204, 304)
   */
  void start(int from, boolean hasBody, boolean bodyAllowed) {
    this.hasBody = hasBody;
    this.bodyAllowed = bodyAllowed;
    exactLength = head().contentLength();
    headTo(from);
    if (!hasBody) {
      endTo(from);
    }
  }

  /** The head goes on behind the stops there were, to those that were appended since. */
  void goOn(int from) {
    List<ByteBuf> parts = List.copyOf(tail);
    boolean end = tailEnd;
    tail.clear();
    tailEnd = false;
    headTo(from);
    for (ByteBuf part : parts) {
      partTo(from, part);
    }
    if (end) {
      endTo(from);
    }
  }

  /** A part from the source; taken over. */
  void part(ByteBuf part) {
    if (part.isReadable()) {
      partTo(0, part);
    } else {
      part.release();
    }
  }

  /** The source has ended. */
  void end() {
    endTo(0);
  }

  /** The source has no more for now. */
  void flushed() {
    for (Stop stop : stops) {
      if (stop.mode != Mode.PASS && !stop.bypassed && !stop.paused && stop.headGone && !closed) {
        chain.call(stop.link, stop.link::onFlush);
      }
    }
  }

  /** True once the body passes here. */
  boolean isTouched() {
    return touched;
  }

  /** How the body comes out; valid when the head is at the sink. */
  BodyReader.Kind kind() {
    if (!bodyAllowed || exactLength == 0) {
      return BodyReader.Kind.NONE;
    }
    return exactLength > 0
        ? BodyReader.Kind.LENGTH
        : hasBody ? BodyReader.Kind.UNTIL_CLOSE : BodyReader.Kind.NONE;
  }

  /** Whether the source may be read now. */
  boolean wantsSource(boolean sinkWritable) {
    if (closed || !touched) {
      return false;
    }
    boolean collecting = false;
    for (int i = 0; i < stops.size(); i++) {
      Stop stop = stops.get(i);
      if (stop.paused || !stop.waiting.isEmpty()) {
        return false;
      }
      collecting |= stop.headHere && stop.mode == Mode.WHOLE && !stop.endHere;
    }
    return collecting || (sinkOpen && sinkWritable);
  }

  /** The sink takes what has come and what comes. */
  void openSink() {
    sinkOpen = true;
    for (ByteBuf part = tail.poll(); part != null; part = tail.poll()) {
      sink(part);
      if (closed) {
        return;
      }
    }
    if (tailEnd) {
      closed = true;
      sinkEnd();
    }
  }

  /** The sink is gone for now; nothing was given to it. */
  void closeSink() {
    sinkOpen = false;
  }

  boolean isSinkOpen() {
    return sinkOpen;
  }

  boolean isClosed() {
    return closed;
  }

  /** Nothing more comes in or goes out. */
  void close() {
    closed = true;
    releaseAll(tail);
    for (Stop stop : stops) {
      stop.release();
    }
  }

  /** A part that the filter before {@code from} makes itself; taken over. */
  void inject(int from, ByteBuf part) {
    partTo(from, part);
  }

  /** The end of what was injected. */
  void injectEnd(int from) {
    endTo(from);
  }

  /** Forgets what has come so far: another message takes its place from {@code from} on. */
  void restart(int from) {
    releaseAll(tail);
    tailEnd = false;
    touched = true;
    for (int i = 0; i < stops.size(); i++) {
      Stop stop = stops.get(i);
      stop.release();
      if (i < from) {
        stop.bypassed = true;
        stop.paused = false;
        stop.headHere = false;
        stop.headGone = true;
        stop.ended = true;
      }
    }
  }

  // Steps.

  private void headTo(int index) {
    beforeStop(index);
    if (closed) {
      return;
    }
    if (index == stops.size()) {
      if (touched) {
        frame();
      }
      headAtSink();
      return;
    }
    Stop stop = stops.get(index);
    if (stop.bypassed) {
      stop.headGone = true;
      headTo(index + 1);
      return;
    }
    stop.headHere = true;
    call(stop, Call.HEAD, null);
    pump(index);
  }

  private void partTo(int index, ByteBuf part) {
    if (closed || !bodyAllowed) {
      part.release();
    } else if (index == stops.size()) {
      if (sinkOpen) {
        sink(part);
      } else {
        tail.add(part);
      }
    } else {
      stops.get(index).waiting.add(part);
      pump(index);
    }
  }

  private void endTo(int index) {
    if (closed) {
      return;
    }
    if (index == stops.size()) {
      tailEnd = true;
      if (sinkOpen) {
        closed = true;
        sinkEnd();
      }
    } else {
      stops.get(index).endHere = true;
      pump(index);
    }
  }

  /** Does at a stop whatever can be done now. */
  private void pump(int index) {
    Stop stop = stops.get(index);
    while (!closed && !stop.paused && !stop.inside) {
      if (stop.headHere && (stop.mode != Mode.WHOLE || stop.bypassed)) {
        releaseHead(stop, index);
      } else if (!stop.headHere && !stop.headGone) {
        return; // the head has not come: an answer took another way
      } else if (!step(stop, index)) {
        return;
      }
    }
  }

  private void releaseHead(Stop stop, int index) {
    stop.headHere = false;
    stop.headGone = true;
    headTo(index + 1);
    for (ByteBuf part = stop.out.poll(); part != null; part = stop.out.poll()) {
      partTo(index + 1, part);
    }
  }

  /** One thing at a stop; false if nothing is to be done there. */
  private boolean step(Stop stop, int index) {
    if (stop.bypassed || stop.mode == Mode.PASS) {
      return pass(stop, index);
    }
    return switch (stop.mode) {
      case PASS -> false;
      case STREAM -> {
        ByteBuf part = stop.waiting.poll();
        if (part != null) {
          give(stop, part);
          yield true;
        }
        yield finish(stop, index);
      }
      case EVENTS -> events(stop) || finish(stop, index);
      case WHOLE -> collect(stop) || finish(stop, index);
    };
  }

  private boolean pass(Stop stop, int index) {
    ByteBuf part = stop.waiting.poll();
    if (part != null) {
      partTo(index + 1, part);
      return true;
    }
    if (stop.endHere && !stop.ended) {
      stop.ended = true;
      endTo(index + 1);
    }
    return false;
  }

  private boolean events(Stop stop) {
    EventSplitter splitter = stop.splitter;
    if (splitter == null) {
      splitter = new EventSplitter(allocator, stop.maxBytes);
      stop.splitter = splitter;
    }
    try {
      ByteBuf event = splitter.next();
      while (event == null) {
        ByteBuf part = stop.waiting.poll();
        if (part == null) {
          break;
        }
        splitter.add(part);
        event = splitter.next();
      }
      if (event == null && stop.endHere) {
        event = splitter.rest();
      }
      if (event != null) {
        give(stop, event);
      }
      return event != null;
    } catch (IllegalStateException e) {
      stop.partGiven = true; // an unfinished event is lost
      chain.failed(stop.link, e);
      return false;
    }
  }

  private boolean collect(Stop stop) {
    ByteBuf part = stop.waiting.poll();
    if (part != null) {
      if (stop.whole == null) {
        stop.whole = allocator.compositeBuffer(1024);
      }
      stop.whole.addFlattenedComponents(true, part);
      if (stop.whole.readableBytes() > stop.maxBytes) {
        overflow(stop);
      }
      return true;
    }
    if (stop.endHere && !stop.wholeGiven) {
      stop.wholeGiven = true;
      CompositeByteBuf all = stop.whole;
      stop.whole = null;
      if (all != null) {
        if (stop.link.failsOpen()) {
          stop.original = all.retainedDuplicate();
        }
        call(stop, Call.BODY, all);
      }
      return true;
    }
    return false;
  }

  private void overflow(Stop stop) {
    if (stop.link.failsOpen()) {
      ByteBuf soFar = stop.whole;
      stop.whole = null;
      if (soFar != null) {
        stop.waiting.addFirst(soFar);
      }
      exactLength = head().contentLength();
      stop.link.bypass();
    } else {
      tooLong();
    }
  }

  private void give(Stop stop, ByteBuf part) {
    stop.partGiven = true;
    call(stop, Call.BODY, part);
  }

  private boolean finish(Stop stop, int index) {
    if (!stop.endHere || stop.ended) {
      return false;
    }
    if (!stop.endGiven) {
      stop.endGiven = true;
      call(stop, Call.END, null);
      return true;
    }
    stop.ended = true;
    if (stop.headHere) {
      exactLength = 0;
      for (ByteBuf part : stop.out) {
        exactLength += part.readableBytes();
      }
      hasBody |= exactLength > 0;
      if (stop.original != null) {
        stop.original.release();
        stop.original = null;
      }
      releaseHead(stop, index);
    }
    endTo(index + 1);
    return false;
  }

  private void call(Stop stop, Call call, @Nullable ByteBuf part) {
    stop.inside = true;
    stop.resumedInside = false;
    Verdict verdict = chain.invoke(this, stop.link, call, part);
    stop.inside = false;
    if (closed) {
      return;
    }
    if (verdict == Verdict.PAUSE && !stop.resumedInside && !stop.bypassed) {
      stop.paused = true;
      chain.paused(stop.link);
    }
  }

  /** What the message's end is known by follows from what filters did to the body. */
  private void frame() {
    Head head = head();
    boolean said = head.contentLength() >= 0;
    head.remove(FieldNames.TRANSFER_ENCODING);
    head.chunked(false);
    if (said && exactLength == head.contentLength()) {
      return;
    }
    head.remove(FieldNames.CONTENT_LENGTH);
    head.contentLength(-1);
    if (!bodyAllowed) {
      return; // what would have been its length is not known
    }
    if (exactLength > 0 || (exactLength == 0 && (hasBody || said))) {
      head.contentLength(exactLength);
      head.add(
          FieldNames.CONTENT_LENGTH,
          exactLength == 0 ? ZERO : Long.toString(exactLength).getBytes(StandardCharsets.US_ASCII));
    }
  }

  // What filters ask for.

  void ask(Stop stop, Mode mode, int maxBytes) {
    if (!stop.headHere) {
      throw new IllegalStateException(
          "a body can be asked for only while its head is with the filter");
    }
    if (mode != Mode.STREAM && maxBytes < 1) {
      throw new IllegalArgumentException("maxBytes: " + maxBytes + " (expected 1 or more)");
    }
    stop.mode = mode;
    stop.maxBytes = maxBytes;
    if (mode != Mode.WHOLE) {
      exactLength = -1;
    }
    if (!touched) {
      touched = true;
      unwrapSource();
    }
  }

  void write(Stop stop, ByteBuf part) {
    boolean impossible = !bodyAllowed || (stop.headGone && !hasBody);
    if (closed || stop.bypassed || impossible || !part.isReadable()) {
      part.release();
      return;
    }
    if (stop.mode == Mode.PASS || stop.ended || !(stop.headHere || stop.headGone)) {
      part.release();
      throw new IllegalStateException(
          "a body can be written only between its head and its end, by a filter that asked for it");
    }
    if (stop.headHere) {
      stop.out.add(part);
    } else {
      partTo(stops.indexOf(stop) + 1, part);
    }
  }

  void resume(Stop stop) {
    if (stop.inside) {
      stop.resumedInside = true;
    } else if (stop.paused && !closed) {
      stop.paused = false;
      pump(stops.indexOf(stop));
    }
  }

  /** Whether the message can go on as it came without this filter. */
  boolean canBypass(Stop stop) {
    return !stop.partGiven && !(stop.wholeGiven && stop.headGone);
  }

  /** Leaves a filter out from now on; what it was given whole goes on as it came. */
  void bypass(Stop stop) {
    stop.bypassed = true;
    stop.paused = false;
    releaseAll(stop.out);
    if (stop.original != null) {
      exactLength = stop.original.readableBytes();
      stop.waiting.addFirst(stop.original);
      stop.original = null;
    } else if (stop.headHere && stop.mode == Mode.WHOLE) {
      if (stop.whole != null) {
        stop.waiting.addFirst(stop.whole);
        stop.whole = null;
      }
    }
    if (!stop.inside && !closed && stop.headHere) {
      pump(stops.indexOf(stop));
    }
  }

  private static void releaseAll(ArrayDeque<ByteBuf> parts) {
    for (ByteBuf part = parts.poll(); part != null; part = parts.poll()) {
      part.release();
    }
  }
}
