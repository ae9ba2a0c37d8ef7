package dev.nantian.gateway.echo;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What the request's path asks the backend to do. A control is a pair of segments anywhere in the
 * path ({@code /shop/status/503}), so it works behind a prefix; controls combine ({@code
 * /delay/200ms/status/503}). A segment that is no control means nothing.
 *
 * @param status {@code status/200..599}
 * @param delay {@code delay/200ms}: wait before answering
 * @param bytes {@code bytes/16384}: a body of so many bytes instead of the report
 * @param ticks {@code stream} or {@code stream/COUNT}: server-sent events instead of the report
 * @param every {@code every/50ms}: time between two events
 * @param mirror {@code body}: the request's body comes back, streamed
 */
record PathControls(
    OptionalInt status,
    Optional<Duration> delay,
    OptionalLong bytes,
    OptionalInt ticks,
    Duration every,
    boolean mirror) {

  static final int DEFAULT_TICKS = 10;
  static final Duration DEFAULT_EVERY = Duration.ofMillis(100);
  private static final long MAX_BYTES = 1L << 40;

  /** Reads the controls of a path. Never fails: what does not parse is not a control. */
  static PathControls of(String path) {
    OptionalInt status = OptionalInt.empty();
    Optional<Duration> delay = Optional.empty();
    OptionalLong bytes = OptionalLong.empty();
    OptionalInt ticks = OptionalInt.empty();
    Duration every = DEFAULT_EVERY;
    boolean mirror = false;
    String[] segments = path.split("/", -1);
    for (int i = 0; i < segments.length; i++) {
      String value = i + 1 < segments.length ? segments[i + 1] : "";
      switch (segments[i]) {
        case "status" -> {
          OptionalLong code = number(value, 200, 599);
          if (code.isPresent()) {
            status = OptionalInt.of((int) code.getAsLong());
          }
        }
        case "delay" -> {
          Optional<Duration> wait = Spans.parse(value);
          delay = wait.isPresent() ? wait : delay;
        }
        case "bytes" -> {
          OptionalLong size = number(value, 0, MAX_BYTES);
          bytes = size.isPresent() ? size : bytes;
        }
        case "stream" -> {
          OptionalLong count = number(value, 1, 1_000_000);
          ticks = OptionalInt.of((int) count.orElse(DEFAULT_TICKS));
        }
        case "every" -> every = Spans.parse(value).filter(d -> !d.isZero()).orElse(every);
        case "body" -> mirror = true;
        default -> {
          // an ordinary segment
        }
      }
    }
    return new PathControls(status, delay, bytes, ticks, every, mirror);
  }

  private static OptionalLong number(String text, long min, long max) {
    if (text.isEmpty() || text.length() > 13 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return OptionalLong.empty();
    }
    long value = Long.parseLong(text);
    return value >= min && value <= max ? OptionalLong.of(value) : OptionalLong.empty();
  }
}
