package dev.nantian.gateway.proxy;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The limits by the names under which people set them ({@code --limit NAME=VALUE}, docs/limits.md).
 *
 * <p>Each names a component of the settings records; its type and the unit at the end of its name
 * say how a value is written. Used at start only.
 */
public enum LimitOption {
  REQUEST_LINE("connections.limits.maxRequestLineBytes"),
  HEAD_SIZE("connections.limits.maxHeadBytes"),
  HEADER_SIZE("connections.limits.maxFieldBytes"),
  HEADER_COUNT("connections.limits.maxFields"),
  CHUNK_LINE("connections.limits.maxChunkLineBytes"),
  TRAILERS_SIZE("connections.limits.maxTrailerBytes"),
  RESPONSE_STATUS_LINE("responseLimits.maxRequestLineBytes"),
  RESPONSE_HEAD_SIZE("responseLimits.maxHeadBytes"),
  RESPONSE_HEADER_SIZE("responseLimits.maxFieldBytes"),
  RESPONSE_HEADER_COUNT("responseLimits.maxFields"),
  RESPONSE_CHUNK_LINE("responseLimits.maxChunkLineBytes"),
  RESPONSE_TRAILERS_SIZE("responseLimits.maxTrailerBytes"),
  BODY_SIZE("connections.bodies.maxBytes"),
  BODY_MIN_RATE("connections.bodies.minBytesPerSecond"),
  BODY_RATE_WINDOW("connections.bodies.windowMillis"),
  HEAD_TIMEOUT("connections.headTimeoutMillis"),
  IDLE_TIMEOUT("connections.idleTimeoutMillis"),
  STREAM_IDLE_TIMEOUT("connections.streamIdleTimeoutMillis"),
  FIRST_BYTE_TIMEOUT("upstreams.firstByteTimeoutMillis"),
  CONNECTIONS_PER_LOOP("connections.maxConnections"),
  REQUESTS_PER_CONNECTION("connections.maxRequestsPerConnection"),
  REQUESTS_PER_LOOP("maxRequestsPerLoop"),
  MEMORY_WATERMARK("memoryWatermarkPercent"),
  H2_STREAMS("connections.http2.maxStreams"),
  H2_STREAM_WINDOW("connections.http2.streamWindowBytes"),
  H2_RATE_WINDOW("connections.http2.rateMillis"),
  H2_RESETS("connections.http2.maxResets"),
  H2_PROVOKED_RESETS("connections.http2.maxProvokedResets"),
  H2_PINGS("connections.http2.maxPings"),
  H2_SETTINGS("connections.http2.maxSettings"),
  H2_PRIORITIES("connections.http2.maxPriorities"),
  H2_EMPTY_DATA("connections.http2.maxEmptyData"),
  H2_WINDOW_UPDATES("connections.http2.maxWindowUpdates"),
  H2_UNKNOWN_FRAMES("connections.http2.maxUnknownFrames"),
  H2_CONTINUATIONS("connections.http2.maxSmallContinuations"),
  H2_BACKLOG("connections.http2.maxBacklogBytes"),
  H2_STALL_TIMEOUT("connections.http2.stallTimeoutMillis"),
  H2_DRAIN_GRACE("connections.http2.drainGraceMillis"),
  HEADER_UNDERSCORES("connections.rules.underscores"),
  CHUNK_EXTENSIONS("connections.rules.chunkExtensions"),
  PATH_DOT_SEGMENTS("connections.rules.path.dotSegments"),
  PATH_EMPTY_SEGMENTS("connections.rules.path.emptySegments"),
  PATH_ESCAPED_UNRESERVED("connections.rules.path.escapedUnreserved"),
  PATH_ESCAPED_SLASH("connections.rules.path.escapedSlash"),
  PATH_ESCAPED_BACKSLASH("connections.rules.path.escapedBackslash"),
  PATH_ESCAPED_CONTROLS("connections.rules.path.escapedControls"),
  PATH_DOUBLE_ESCAPES("connections.rules.path.doubleEscapes"),
  PATH_PARAMETERS("connections.rules.path.parameters"),
  PATH_INVALID_UTF8("connections.rules.path.invalidUtf8"),
  PATH_NON_ASCII("connections.rules.path.nonAscii");

  private final String path;

  LimitOption(String path) {
    this.path = path;
  }

  private List<String> components() {
    return List.of(path.split("\\.", -1));
  }

  /** As people write it: {@code path-dot-segments}. */
  public String option() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The value in {@code settings}, as people write it. */
  public String value(DataPlaneSettings settings) {
    Object value = settings;
    for (String component : components()) {
      value = get((Record) value, component);
    }
    String last = components().getLast();
    if (value instanceof Enum<?> word) {
      return word.name().toLowerCase(Locale.ROOT);
    }
    long number = ((Number) value).longValue();
    if (last.endsWith("Millis")) {
      return number % 1000 == 0 ? number / 1000 + "s" : number + "ms";
    }
    boolean kibi = last.endsWith("Bytes") && number > 0 && number % 1024 == 0;
    return kibi ? number / 1024 + "KiB" : Long.toString(number);
  }

  /**
   * These settings with some limits changed.
   *
   * @throws IllegalArgumentException naming the limit, its value and what was expected
   */
  public static DataPlaneSettings apply(DataPlaneSettings settings, Map<String, String> limits) {
    DataPlaneSettings result = settings;
    Map<String, String> pending = new LinkedHashMap<>(limits);
    IllegalArgumentException wrong = null;
    boolean progress = true;
    while (progress && !pending.isEmpty()) { // one limit may need another to be raised first
      progress = false;
      for (Map.Entry<String, String> limit : List.copyOf(pending.entrySet())) {
        try {
          result = find(limit.getKey()).set(result, limit.getValue());
          pending.remove(limit.getKey());
          progress = true;
        } catch (IllegalArgumentException e) {
          wrong = e;
        }
      }
    }
    if (!pending.isEmpty() && wrong != null) {
      throw wrong;
    }
    return result;
  }

  private static LimitOption find(String option) {
    return Stream.of(values())
        .filter(known -> known.option().equals(option))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "limit "
                        + option
                        + ": not known (expected one of "
                        + Stream.of(values())
                            .map(LimitOption::option)
                            .collect(Collectors.joining(", "))
                        + ")"));
  }

  private DataPlaneSettings set(DataPlaneSettings settings, String text) {
    try {
      return (DataPlaneSettings) with(settings, components(), text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("limit " + option() + ": " + e.getMessage(), e);
    }
  }

  private static Record with(Record record, List<String> path, String text) {
    RecordComponent[] all = record.getClass().getRecordComponents();
    Object[] values = new Object[all.length];
    for (int i = 0; i < all.length; i++) {
      String name = all[i].getName();
      if (!name.equals(path.getFirst())) {
        values[i] = get(record, name);
      } else if (path.size() > 1) {
        values[i] = with((Record) get(record, name), path.subList(1, path.size()), text);
      } else {
        values[i] = parse(name, all[i].getType(), text);
      }
    }
    return make(record, all, values);
  }

  private static Record make(Record record, RecordComponent[] all, Object[] values) {
    Class<?>[] types = Stream.of(all).map(RecordComponent::getType).toArray(Class<?>[]::new);
    try {
      Constructor<? extends Record> canonical = record.getClass().getDeclaredConstructor(types);
      return canonical.newInstance(values);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof IllegalArgumentException wrong) {
        throw wrong;
      }
      throw new IllegalStateException(e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Object get(Record record, String component) {
    for (RecordComponent candidate : record.getClass().getRecordComponents()) {
      if (candidate.getName().equals(component)) {
        try {
          return candidate.getAccessor().invoke(record);
        } catch (ReflectiveOperationException e) {
          throw new IllegalStateException(e);
        }
      }
    }
    throw new IllegalStateException(record.getClass() + " has no " + component);
  }

  private static Object parse(String component, Class<?> type, String text) {
    if (type.isEnum()) {
      return Stream.of(type.getEnumConstants())
          .filter(word -> ((Enum<?>) word).name().toLowerCase(Locale.ROOT).equals(text))
          .findFirst()
          .orElseThrow(
              () ->
                  expected(
                      text, Arrays.toString(type.getEnumConstants()).toLowerCase(Locale.ROOT)));
    }
    long number;
    if (component.endsWith("Millis")) {
      number = number(text, Map.of("ms", 1L, "s", 1000L, "m", 60_000L), "500ms, 10s or 5m");
    } else if (component.endsWith("Bytes")) {
      number = number(text, Map.of("", 1L, "KiB", 1L << 10, "MiB", 1L << 20), "512, 64KiB or 1MiB");
    } else {
      number = number(text, Map.of("", 1L), "a number");
    }
    if (type == int.class) {
      if (number > Integer.MAX_VALUE) {
        throw expected(text, "at most " + Integer.MAX_VALUE);
      }
      return (int) number;
    }
    return number;
  }

  private static long number(String text, Map<String, Long> units, String examples) {
    int end = 0;
    while (end < text.length() && text.charAt(end) >= '0' && text.charAt(end) <= '9') {
      end++;
    }
    Long unit = units.get(text.substring(end));
    if (unit == null || end == 0 || end > 12) {
      throw expected(text, examples);
    }
    return Long.parseLong(text.substring(0, end)) * unit;
  }

  private static IllegalArgumentException expected(String text, String expected) {
    return new IllegalArgumentException(text + " (expected " + expected + ")");
  }
}
