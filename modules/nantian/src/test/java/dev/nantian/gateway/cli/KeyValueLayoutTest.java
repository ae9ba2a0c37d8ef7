package dev.nantian.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.slf4j.event.KeyValuePair;

final class KeyValueLayoutTest {

  private static String render(String message, KeyValuePair... pairs) {
    var layout = new KeyValueLayout();
    layout.start();
    var logger = new LoggerContext().getLogger("dev.nantian.gateway.cli.Sample");
    var event = new LoggingEvent("", logger, Level.INFO, message, null, null);
    event.setInstant(Instant.parse("2026-01-02T03:04:05.678901Z"));
    for (KeyValuePair pair : pairs) {
      event.addKeyValuePair(pair);
    }
    return layout.doLayout(event);
  }

  @Test
  void plainValuesStandBare() {
    String line = render("draining", new KeyValuePair("signal", "SIGTERM"));

    assertThat(line)
        .isEqualTo(
            "time=2026-01-02T03:04:05.678Z level=INFO logger=Sample msg=draining signal=SIGTERM\n");
  }

  @Test
  void aValueCannotBreakTheLineOrTheTerminal() {
    String line = render("ok", new KeyValuePair("path", "/a b=\"c\"\n\u001b[31m"));

    assertThat(line).endsWith("path=\"/a b=\\\"c\\\"\\n\\u001b[31m\"\n");
  }

  @Test
  void aMessageThatIsKeyValueStaysSo() {
    String line = render("event=problem message=\"a b\"\n");

    assertThat(line).endsWith(" logger=Sample event=problem message=\"a b\"\\n\n");
  }
}
