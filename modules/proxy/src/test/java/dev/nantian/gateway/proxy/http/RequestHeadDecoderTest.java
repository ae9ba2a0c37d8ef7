package dev.nantian.gateway.proxy.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RequestHeadDecoderTest {
  private static final HttpLimits SMALL = new HttpLimits(200, 600, 600, 10, 32, 64);

  /** What came of decoding: the accepted head in one line, a refusal, or "incomplete". */
  record Outcome(String text, int left) {}

  static List<RequestCases.Case> cases() {
    return RequestCases.all();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void judges(RequestCases.Case given) {
    Outcome outcome = decode(given.raw(), new int[0]);

    assertThat(outcome.text()).isEqualTo(given.expected());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void judgesTheSameByteByByte(RequestCases.Case given) {
    int[] everywhere = new int[given.raw().length()];
    for (int i = 0; i < everywhere.length; i++) {
      everywhere[i] = i;
    }

    assertThat(decode(given.raw(), everywhere).text()).isEqualTo(given.expected());
  }

  @Property(tries = 2000)
  void judgesTheSameHoweverItIsCut(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 6) int cuts) {
    Random random = new Random(seed);
    List<RequestCases.Case> all = RequestCases.all();
    String raw = all.get(random.nextInt(all.size())).raw() + "surplus";
    int[] at = random.ints(cuts, 0, raw.length()).sorted().toArray();

    assertThat(decode(raw, at)).isEqualTo(decode(raw, new int[0]));
  }

  @Property(tries = 3000)
  void neverThrowsAndNeverAcceptsDamage(@ForAll long seed) {
    Random random = new Random(seed);
    byte[] raw =
        "GET /a/b?c=d HTTP/1.1\r\nHost: example.com\r\nAccept: */*\r\n\r\n"
            .getBytes(StandardCharsets.ISO_8859_1);
    raw[random.nextInt(raw.length)] = (byte) random.nextInt(32);

    String outcome = decode(new String(raw, StandardCharsets.ISO_8859_1), new int[0]).text();

    // A control byte anywhere is refused, unless it is the byte that stood there or white space.
    if (outcome.startsWith("ok")) {
      assertThat(new String(raw, StandardCharsets.ISO_8859_1))
          .satisfiesAnyOf(
              text -> assertThat(text).doesNotContainPattern("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f]"));
    }
  }

  @Test
  void leavesWhatFollowsTheHead() {
    Outcome outcome =
        decode("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody", new int[0]);

    assertThat(outcome.left()).isEqualTo(4);
  }

  @Test
  void removesHopByHopFields() {
    RequestHead head =
        accepted(
            String.join(
                "\r\n",
                "GET / HTTP/1.1",
                "Host: a",
                "Connection: close, X-Secret",
                "X-Secret: 1",
                "Keep-Alive: timeout=5",
                "TE: trailers",
                "Upgrade: h2c",
                "Accept: */*",
                "",
                ""));

    List<String> names = new ArrayList<>();
    for (int slot = 0; slot < head.fieldCount(); slot++) {
      if (head.isPresent(slot)) {
        names.add(head.text(head.nameOffset(slot), head.nameLength(slot)));
      }
    }
    assertThat(names).containsExactly("Host", "Accept");
    assertThat(head.wantsClose()).isTrue();
  }

  @Test
  void writesBackWhatItRead() {
    RequestHead head =
        accepted("GET /a?b HTTP/1.1\r\nhOst:  Example.com \r\nA:1\r\nTE: x\r\nB: 2\r\n\r\n");
    head.add(HeaderName.of("x-new"), "3".getBytes(StandardCharsets.US_ASCII));
    ByteBuf out = Unpooled.buffer();

    HeadWriter.request(head, out);
    HeadWriter.end(out);

    assertThat(out.toString(StandardCharsets.US_ASCII))
        .isEqualTo("GET /a?b HTTP/1.1\r\nhOst:  example.com\r\nA:1\r\nB: 2\r\nx-new: 3\r\n\r\n");
  }

  private static RequestHead accepted(String raw) {
    RequestHead head = new RequestHead();
    ByteBuf in = Unpooled.copiedBuffer(raw, StandardCharsets.ISO_8859_1);
    assertThat(new RequestHeadDecoder(SMALL, RequestRules.DEFAULT).decode(in, head))
        .isEqualTo(Progress.COMPLETE);
    return head;
  }

  private static Outcome decode(String raw, int[] cuts) {
    RequestHeadDecoder decoder = new RequestHeadDecoder(SMALL, RequestRules.DEFAULT);
    RequestHead head = new RequestHead();
    byte[] bytes = raw.getBytes(StandardCharsets.ISO_8859_1);
    int from = 0;
    for (int i = 0; i <= cuts.length; i++) {
      int to = i == cuts.length ? bytes.length : cuts[i];
      ByteBuf in = Unpooled.wrappedBuffer(bytes, from, to - from);
      switch (decoder.decode(in, head)) {
        case COMPLETE -> {
          return new Outcome("ok " + describe(head), bytes.length - to + in.readableBytes());
        }
        case REFUSED -> {
          Refusal refusal = decoder.refusal();
          return new Outcome(refusal.status() + " " + refusal, -1);
        }
        case INCOMPLETE -> from = to;
      }
    }
    return new Outcome("incomplete", 0);
  }

  private static String describe(RequestHead head) {
    return head.text(head.methodOffset(), head.methodLength())
        + " "
        + head.text(head.hostOffset(), head.hostLength())
        + (head.authorityPort() < 0 ? "" : ":" + head.authorityPort())
        + " "
        + head.text(head.pathOffset(), head.pathLength())
        + (head.queryLength() < 0 ? "" : "?" + head.text(head.queryOffset(), head.queryLength()))
        + (head.isChunked() ? " chunked" : "")
        + (head.contentLength() < 0 ? "" : " length=" + head.contentLength())
        + (head.wantsClose() ? " close" : "");
  }
}
