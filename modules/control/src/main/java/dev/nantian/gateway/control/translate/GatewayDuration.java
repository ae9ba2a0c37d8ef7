package dev.nantian.gateway.control.translate;

import com.google.protobuf.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Durations as GEP-2257 writes them: {@code 1h30m}, {@code 500ms}, {@code 0s}. */
final class GatewayDuration {
  private static final Pattern WHOLE = Pattern.compile("([0-9]{1,5}(h|m|s|ms)){1,4}");
  private static final Pattern PART = Pattern.compile("([0-9]{1,5})(ms|h|m|s)");

  private GatewayDuration() {}

  /** As configuration. */
  static Duration message(long millis) {
    return Duration.newBuilder()
        .setSeconds(millis / 1000)
        .setNanos((int) (millis % 1000) * 1_000_000)
        .build();
  }

  /**
   * @param text null means none
   * @return milliseconds; 0 for none
   */
  static long millis(String path, @Nullable String text) throws UnsupportedException {
    if (text == null) {
      return 0;
    }
    if (!WHOLE.matcher(text).matches()) {
      throw UnsupportedException.value(
          path, text + " (expected a duration of GEP-2257 such as 1h30m, 10s or 500ms)");
    }
    long millis = 0;
    Matcher parts = PART.matcher(text);
    while (parts.find()) {
      long amount = Long.parseLong(parts.group(1));
      millis +=
          switch (parts.group(2)) {
            case "h" -> amount * 3_600_000;
            case "m" -> amount * 60_000;
            case "s" -> amount * 1000;
            default -> amount;
          };
    }
    return millis;
  }
}
