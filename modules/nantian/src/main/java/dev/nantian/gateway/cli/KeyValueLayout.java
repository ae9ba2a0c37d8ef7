package dev.nantian.gateway.cli;

import ch.qos.logback.classic.pattern.ThrowableProxyConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.LayoutBase;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.KeyValuePair;

/**
 * One log event as one line of {@code key=value}: time (UTC, milliseconds), level, logger, message
 * (as it is if it begins with {@code event=}), then the event's own pairs. A value with a space,
 * quote, equals sign or control character is quoted. A stack trace follows its line only where the
 * caller attached an exception.
 */
final class KeyValueLayout extends LayoutBase<ILoggingEvent> {
  private final ThrowableProxyConverter stack = new ThrowableProxyConverter();

  @Override
  public void start() {
    stack.start();
    super.start();
  }

  @Override
  public String doLayout(ILoggingEvent event) {
    var line = new StringBuilder(160);
    line.append("time=").append(event.getInstant().truncatedTo(ChronoUnit.MILLIS));
    append(line, "level", event.getLevel().levelStr);
    String logger = event.getLoggerName();
    append(line, "logger", logger.substring(logger.lastIndexOf('.') + 1));
    String message = event.getFormattedMessage();
    if (message.startsWith("event=")) {
      // Already key=value, with its own quotes.
      line.append(' ');
      escape(line, message, false);
    } else {
      append(line, "msg", message);
    }
    if (event.getKeyValuePairs() != null) {
      for (KeyValuePair pair : event.getKeyValuePairs()) {
        append(line, pair.key, pair.value);
      }
    }
    line.append('\n');
    if (event.getThrowableProxy() != null) {
      line.append(stack.convert(event));
    }
    return line.toString();
  }

  private static void append(StringBuilder line, String key, @Nullable Object value) {
    line.append(' ').append(key).append('=');
    String text = String.valueOf(value);
    if (!text.isEmpty()
        && text.chars().allMatch(c -> c > ' ' && c != '"' && c != '=' && c != 127)) {
      line.append(text);
      return;
    }
    line.append('"');
    escape(line, text, true);
    line.append('"');
  }

  private static void escape(StringBuilder line, String text, boolean quotes) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> line.append(quotes ? "\\\"" : "\"");
        case '\\' -> line.append(quotes ? "\\\\" : "\\");
        case '\n' -> line.append("\\n");
        case '\r' -> line.append("\\r");
        case '\t' -> line.append("\\t");
        default -> {
          // Other control characters would let a logged value play with the terminal.
          if (c < ' ' || c == 127) {
            line.append(String.format("\\u%04x", (int) c));
          } else {
            line.append(c);
          }
        }
      }
    }
  }
}
