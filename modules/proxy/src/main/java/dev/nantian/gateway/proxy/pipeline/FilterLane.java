package dev.nantian.gateway.proxy.pipeline;

import dev.nantian.gateway.proxy.filter.Verdict;
import dev.nantian.gateway.proxy.http.BodyReader;
import dev.nantian.gateway.proxy.http.FieldNames;
import dev.nantian.gateway.proxy.http.Head;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One direction of an exchange that has filters: a head, parts of a body and an end travel from
 * stop to stop, one {@link FilterStop} for each filter, and into the sink.
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
  /** The calls of a direction. */
  enum Call {
    HEAD,
    BODY,
    END
  }

  private static final byte[] ZERO = {'0'};

  final FilterChain chain;
  private final ByteBufAllocator allocator;
  private final List<FilterStop> stops = new ArrayList<>(4);
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

  /** Whether something follows the body; known once the body has ended. */
  abstract boolean hasTrailers();

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

  List<FilterStop> stops() {
    return stops;
  }

  /** Adds a place behind all others. */
  FilterStop append(FilterLink link) {
    FilterStop stop = new FilterStop(link);
    stops.add(stop);
    return stop;
  }

  /** Adds a place before all others. */
  FilterStop prepend(FilterLink link) {
    FilterStop stop = new FilterStop(link);
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
    for (FilterStop stop : stops) {
      if (stop.wantsFlush() && !closed) {
        chain.call(stop.link(), stop.link()::onFlush);
      }
    }
  }

  /** True once the body passes here. */
  boolean isTouched() {
    return touched;
  }

  /** How the body comes out; valid when the head is at the sink. */
  BodyReader.Kind kind() {
    // A known length of 0 with trailers behind it: the head must not be the end.
    if (!bodyAllowed || (exactLength == 0 && !hasTrailers())) {
      return BodyReader.Kind.NONE;
    }
    return exactLength >= 0
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
      FilterStop stop = stops.get(i);
      if (stop.isBlocked()) {
        return false;
      }
      collecting |= stop.isCollecting();
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
    for (FilterStop stop : stops) {
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
      FilterStop stop = stops.get(i);
      stop.release();
      if (i < from) {
        stop.skip();
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
    FilterStop stop = stops.get(index);
    if (stop.isBypassed()) {
      stop.headGoes();
      headTo(index + 1);
      return;
    }
    stop.headComes();
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
      stops.get(index).partComes(part);
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
      stops.get(index).endComes();
      pump(index);
    }
  }

  /** Does at a stop whatever can be done now. */
  private void pump(int index) {
    FilterStop stop = stops.get(index);
    while (!closed && !stop.isPaused() && !stop.isInside()) {
      if (stop.letsHeadGo()) {
        releaseHead(stop, index);
      } else if (!stop.hasHadHead() || !step(stop, index)) {
        return;
      }
    }
  }

  private void releaseHead(FilterStop stop, int index) {
    stop.headGoes();
    headTo(index + 1);
    for (ByteBuf part = stop.pollWritten(); part != null; part = stop.pollWritten()) {
      partTo(index + 1, part);
    }
  }

  /** One thing at a stop; false if nothing is to be done there. */
  private boolean step(FilterStop stop, int index) {
    if (stop.isPassedBy()) {
      return pass(stop, index);
    }
    return switch (stop.mode()) {
      case PASS -> false;
      case STREAM -> stream(stop) || finish(stop, index);
      case EVENTS -> events(stop) || finish(stop, index);
      case WHOLE -> collect(stop) || finish(stop, index);
    };
  }

  private boolean pass(FilterStop stop, int index) {
    ByteBuf part = stop.poll();
    if (part != null) {
      partTo(index + 1, part);
      return true;
    }
    if (stop.keepsEnd()) {
      stop.endGoes();
      endTo(index + 1);
    }
    return false;
  }

  private boolean stream(FilterStop stop) {
    ByteBuf part = stop.poll();
    if (part == null) {
      return false;
    }
    give(stop, part);
    return true;
  }

  private boolean events(FilterStop stop) {
    try {
      ByteBuf event = stop.nextEvent(allocator);
      if (event == null) {
        return false;
      }
      give(stop, event);
      return true;
    } catch (IllegalStateException e) {
      stop.onPartGiven(); // an unfinished event is lost
      chain.failed(stop.link(), e);
      return false;
    }
  }

  private boolean collect(FilterStop stop) {
    ByteBuf part = stop.poll();
    if (part != null) {
      if (!stop.collect(part, allocator)) {
        overflow(stop);
      }
      return true;
    }
    if (!stop.isWhole()) {
      return false;
    }
    ByteBuf all = stop.takeWhole();
    if (all != null) {
      call(stop, Call.BODY, all);
    }
    return true;
  }

  private void overflow(FilterStop stop) {
    if (stop.link().failsOpen()) {
      stop.uncollect();
      exactLength = head().contentLength();
      stop.link().bypass();
    } else {
      tooLong();
    }
  }

  private void give(FilterStop stop, ByteBuf part) {
    stop.onPartGiven();
    call(stop, Call.BODY, part);
  }

  private boolean finish(FilterStop stop, int index) {
    if (!stop.keepsEnd()) {
      return false;
    }
    if (stop.markEndGiven()) {
      call(stop, Call.END, null);
      return true;
    }
    stop.endGoes();
    if (stop.hasHead()) {
      exactLength = stop.writtenBytes();
      hasBody |= exactLength > 0;
      stop.dropOriginal();
      releaseHead(stop, index);
    }
    endTo(index + 1);
    return false;
  }

  private void call(FilterStop stop, Call call, @Nullable ByteBuf part) {
    stop.enter();
    Verdict verdict = chain.invoke(this, stop.link(), call, part);
    stop.exit();
    if (!closed && verdict == Verdict.PAUSE && stop.pause()) {
      chain.paused(stop.link());
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

  void ask(FilterStop stop, FilterStop.Mode mode, int maxBytes) {
    stop.ask(mode, maxBytes);
    if (mode != FilterStop.Mode.WHOLE) {
      exactLength = -1;
    }
    if (!touched) {
      touched = true;
      unwrapSource();
    }
  }

  void write(FilterStop stop, ByteBuf part) {
    boolean impossible = !bodyAllowed || (stop.isHeadGone() && !hasBody);
    if (closed || stop.isBypassed() || impossible || !part.isReadable()) {
      part.release();
      return;
    }
    if (!stop.mayWrite()) {
      part.release();
      throw new IllegalStateException(
          "a body can be written only between its head and its end, by a filter that asked for it");
    }
    if (stop.hasHead()) {
      stop.keepWritten(part);
    } else {
      partTo(stops.indexOf(stop) + 1, part);
    }
  }

  void resume(FilterStop stop) {
    if (!closed && stop.resume()) {
      pump(stops.indexOf(stop));
    }
  }

  /** Leaves a filter out from now on; what it was given whole goes on as it came. */
  void bypass(FilterStop stop) {
    int restored = stop.bypass();
    if (restored >= 0) {
      exactLength = restored;
    }
    if (!stop.isInside() && !closed && stop.hasHead()) {
      pump(stops.indexOf(stop));
    }
  }

  /** Releases and forgets all. */
  static void releaseAll(ArrayDeque<ByteBuf> parts) {
    for (ByteBuf part = parts.poll(); part != null; part = parts.poll()) {
      part.release();
    }
  }
}
