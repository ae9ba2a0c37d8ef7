package dev.nantian.gateway.proxy.log;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.nantian.gateway.proxy.loop.DeadlineWheel;
import io.netty.channel.DefaultEventLoop;
import io.netty.channel.EventLoop;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("NullAway.Init")
class LoopAccessLogTest {
  private static final byte[] TEXT = LoopAccessLog.field("text");
  private static final byte[] NUMBER = LoopAccessLog.field("number");

  @TempDir private Path folder;

  @Test
  void everyByteIsWrittenAsJsonThatReadsBack() throws Exception {
    byte[] all = new byte[256];
    for (int i = 0; i < all.length; i++) {
      all[i] = (byte) i;
    }

    JsonNode line =
        lines(log -> log.begin(1_763_755_261_007L).text(TEXT, all, 0, all.length).end()).getFirst();

    assertThat(line.get("text").asText()).isEqualTo(new String(all, StandardCharsets.ISO_8859_1));
    assertThat(line.get("time").asText()).isEqualTo("2025-11-21T20:01:01.007Z");
  }

  @Test
  void numbersOfEveryLengthAreWritten() throws Exception {
    long[] numbers = {0, 7, 10, 999, Long.MAX_VALUE, -1, -Long.MAX_VALUE};

    List<JsonNode> lines =
        lines(
            log -> {
              for (long number : numbers) {
                log.begin(0).number(NUMBER, number).end();
              }
            });

    assertThat(lines)
        .extracting(l -> l.get("number").asLong())
        .containsExactly(0L, 7L, 10L, 999L, Long.MAX_VALUE, -1L, -Long.MAX_VALUE);
  }

  @Test
  void linesOfAnyLengthFollowEachOther() throws Exception {
    byte[] path = "x".repeat(100_000).getBytes(StandardCharsets.US_ASCII);

    List<JsonNode> lines =
        lines(
            log -> {
              log.begin(0).text(TEXT, "first").end();
              log.begin(0).text(TEXT, path, 0, path.length, '?', 0, 3).flag(NUMBER, true).end();
              log.begin(0).text(TEXT, "").end();
              log.begin(0).text(TEXT, "last").end();
            });

    assertThat(lines).hasSize(4);
    assertThat(lines.get(1).get("text").asText()).hasSize(path.length + 4).endsWith("x?xxx");
    assertThat(lines.get(2).has("text")).isFalse();
    assertThat(lines.get(3).get("text").asText()).isEqualTo("last");
  }

  private interface Writing {
    void to(LoopAccessLog log);
  }

  private List<JsonNode> lines(Writing writing) throws Exception {
    Path file = folder.resolve("access.log");
    EventLoop loop = new DefaultEventLoop();
    try (AccessLog log = AccessLog.open(new AccessLogSettings(file, 4))) {
      loop.submit(() -> writing.to(log.forLoop(new DeadlineWheel(loop)))).sync();
      loop.shutdownGracefully(0, 1, java.util.concurrent.TimeUnit.SECONDS).sync();
    }
    ObjectMapper json = new ObjectMapper();
    return Files.readAllLines(file).stream()
        .map(
            line -> {
              try {
                return json.readTree(line);
              } catch (java.io.IOException e) {
                throw new AssertionError(line, e);
              }
            })
        .toList();
  }
}
