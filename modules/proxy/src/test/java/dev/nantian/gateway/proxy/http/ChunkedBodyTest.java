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

/** The chunked coding (RFC 9112 section 7.1), judged by its grammar and nothing wider. */
class ChunkedBodyTest {
  /** 24 bytes a chunk line, 40 bytes of trailers. */
  private static final HttpLimits SMALL = new HttpLimits(200, 600, 600, 10, 24, 40);

  /**
   * @param expected the data, then {@code |left} bytes after the end; {@code incomplete data}; or a
   *     refusal
   */
  record Case(String raw, String expected) {
    @Override
    public String toString() {
      return raw.replace("\r", "\\r").replace("\n", "\\n") + " → " + expected;
    }
  }

  static List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    sizes(cases);
    ends(cases);
    extensions(cases);
    trailers(cases);
    return cases;
  }

  private static void sizes(List<Case> cases) {
    add(cases, "0\r\n\r\n", "|0");
    add(cases, "3\r\nabc\r\n0\r\n\r\n", "abc|0");
    add(cases, "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "abcde|0");
    add(cases, "A\r\n0123456789\r\n0\r\n\r\nGET", "0123456789|3");
    add(cases, "a\r\n0123456789\r\n0\r\n\r\n", "0123456789|0");
    add(cases, "0003\r\nabc\r\n000\r\n\r\n", "abc|0");
    add(cases, "000000000000003\r\nabc\r\n0\r\n\r\n", "abc|0");
    add(cases, "0000000000000003\r\nabc\r\n0\r\n\r\n", "BAD_CHUNK");
    add(cases, "FFFFFFFFFFFFFFF\r\nabc", "incomplete abc");
    add(cases, "10000000000000003\r\nabc\r\n", "BAD_CHUNK");
    add(cases, "FFFFFFFFFFFFFFFF\r\n", "BAD_CHUNK");
    add(cases, "\r\n", "BAD_CHUNK");
    add(cases, ";a\r\n", "BAD_CHUNK");
    add(cases, " 3\r\nabc", "BAD_CHUNK");
    add(cases, "\t3\r\nabc", "BAD_CHUNK");
    add(cases, "3 \r\nabc", "BAD_CHUNK");
    add(cases, "3\t\r\nabc", "BAD_CHUNK");
    add(cases, "+3\r\nabc", "BAD_CHUNK");
    add(cases, "-3\r\nabc", "BAD_CHUNK");
    add(cases, "0x3\r\nabc", "BAD_CHUNK");
    add(cases, "3h\r\nabc", "BAD_CHUNK");
    add(cases, "3_0\r\nabc", "BAD_CHUNK");
    add(cases, "3.0\r\nabc", "BAD_CHUNK");
    add(cases, "3,3\r\nabc", "BAD_CHUNK");
    add(cases, "\u00003\r\nabc", "BAD_CHUNK");
    add(cases, "3\u0000\r\nabc", "BAD_CHUNK");
    add(cases, "\u00b3\r\nabc", "BAD_CHUNK");
    add(cases, "\"3\"\r\nabc", "BAD_CHUNK");
  }

  private static void ends(List<Case> cases) {
    add(cases, "3\nabc\r\n0\r\n\r\n", "BAD_CHUNK");
    add(cases, "3\rabc\r\n0\r\n\r\n", "BAD_CHUNK");
    add(cases, "3\r\r\nabc", "BAD_CHUNK");
    add(cases, "3\n\rabc", "BAD_CHUNK");
    add(cases, "3\r\nabc0\r\n\r\n", "BAD_CHUNK abc");
    add(cases, "3\r\nabcd\r\n0\r\n\r\n", "BAD_CHUNK abc");
    add(cases, "3\r\nab\r\n0\r\n\r\n", "BAD_CHUNK ab\r");
    add(cases, "3\r\nabc\n0\r\n\r\n", "BAD_CHUNK abc");
    add(cases, "3\r\nabc\r0\r\n\r\n", "BAD_CHUNK abc");
    add(cases, "3\r\nabc\r\r\n0\r\n\r\n", "BAD_CHUNK abc");
    add(cases, "3\r\nabc\r\n\r\n0\r\n\r\n", "BAD_CHUNK abc");
    add(cases, "0\n\n", "BAD_CHUNK");
    add(cases, "0\r\n\n", "BAD_TRAILER");
    add(cases, "0\r\n\rX", "BAD_TRAILER");
    add(cases, "0\r\n\r", "incomplete ");
    add(cases, "0\r\n", "incomplete ");
    add(cases, "3\r\nab", "incomplete ab");
    add(cases, "", "incomplete ");
  }

  private static void extensions(List<Case> cases) {
    add(cases, "3;a\r\nabc\r\n0\r\n\r\n", "abc|0");
    add(cases, "3;a=b\r\nabc\r\n0\r\n\r\n", "abc|0");
    add(cases, "3;a=b;c;d=e\r\nabc\r\n0;z\r\n\r\n", "abc|0");
    add(cases, "3 ; a = b \r\nabc\r\n0\r\n\r\n", "abc|0");
    add(cases, "3;a=\"b c;\\\"\"\r\nabc\r\n0\r\n\r\n", "abc|0");
    add(cases, "3;a=\"\"\r\nabc\r\n0\r\n\r\n", "abc|0");
    add(cases, "3;\r\nabc", "BAD_CHUNK");
    add(cases, "3;;a\r\nabc", "BAD_CHUNK");
    add(cases, "3;=b\r\nabc", "BAD_CHUNK");
    add(cases, "3;a=\r\nabc", "BAD_CHUNK");
    add(cases, "3;a=b=c\r\nabc", "BAD_CHUNK");
    add(cases, "3;a=\"b\r\nabc", "BAD_CHUNK");
    add(cases, "3;a=\"b\\\r\nabc", "BAD_CHUNK");
    add(cases, "3;a=\"b\"c\r\nabc", "BAD_CHUNK");
    add(cases, "3;a b\r\nabc", "BAD_CHUNK");
    add(cases, "3;a\nabc\r\n", "BAD_CHUNK");
    add(cases, "3;\nabc\r\n", "BAD_CHUNK");
    add(cases, "3;a\rX\r\n", "BAD_CHUNK");
    add(cases, "3;a\u0000\r\n", "BAD_CHUNK");
    add(cases, "3;a=\"\n\"\r\n", "BAD_CHUNK");
    add(cases, "3;a=\"\u007f\"\r\n", "BAD_CHUNK");
    add(cases, "3 a\r\nabc", "BAD_CHUNK");
    add(cases, "3,a\r\nabc", "BAD_CHUNK");
    add(cases, "3;" + "a".repeat(22) + "\r\nabc\r\n0\r\n\r\n", "abc|0");
    add(cases, "3;" + "a".repeat(23) + "\r\nabc\r\n0\r\n\r\n", "BAD_CHUNK");
  }

  private static void trailers(List<Case> cases) {
    add(cases, "0\r\nA: b\r\n\r\n", "|0");
    add(cases, "0\r\nA: b\r\nC:\r\n\r\nX", "|1");
    add(cases, "0\r\nA : b\r\n\r\n", "BAD_TRAILER");
    add(cases, "0\r\n: b\r\n\r\n", "BAD_TRAILER");
    add(cases, "0\r\nA\r\n\r\n", "BAD_TRAILER");
    add(cases, "0\r\n A: b\r\n\r\n", "BAD_TRAILER");
    add(cases, "0\r\nA: b\r\n c\r\n\r\n", "BAD_TRAILER");
    add(cases, "0\r\nA: b\nC: d\r\n\r\n", "BAD_TRAILER");
    add(cases, "0\r\nA: b\u0000\r\n\r\n", "BAD_TRAILER");
    add(cases, "0\r\nA: b\rc\r\n\r\n", "BAD_TRAILER");
    add(cases, "0\r\nGET / HTTP/1.1\r\n\r\n", "BAD_TRAILER");
    for (String name :
        List.of(
            "Content-Length",
            "transfer-encoding",
            "HOST",
            "Connection",
            "Keep-Alive",
            "TE",
            "Trailer",
            "Upgrade",
            "Expect",
            "Forwarded",
            "X-Forwarded-For",
            "Authorization",
            "Cookie",
            "Set-Cookie",
            "Content-Type",
            "Range")) {
      add(cases, "0\r\n" + name + ": 1\r\n\r\n", "BAD_TRAILER");
    }
    add(cases, "0\r\nA: " + "b".repeat(33) + "\r\n\r\n", "|0");
    add(cases, "0\r\nA: " + "b".repeat(34) + "\r\n\r\n", "TRAILERS_TOO_LARGE");
    add(cases, "0\r\n" + "A:\r\n".repeat(10) + "\r\n", "TRAILERS_TOO_LARGE");
  }

  private static void add(List<Case> cases, String raw, String expected) {
    cases.add(new Case(raw, expected));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void judges(Case given) {
    String outcome = decode(given.raw(), new int[0], true);

    assertThat(outcome).isEqualTo(expected(given));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void judgesTheSameByteByByte(Case given) {
    int[] everywhere = new int[given.raw().length()];
    for (int i = 0; i < everywhere.length; i++) {
      everywhere[i] = i;
    }

    assertThat(decode(given.raw(), everywhere, true)).isEqualTo(expected(given));
  }

  /** Data that came before a fault was passed on; what counts is that nothing follows it. */
  private static String expected(Case given) {
    return given.expected().startsWith("BAD_CHUNK") ? "BAD_CHUNK" : given.expected();
  }

  @Property(tries = 2000)
  void countsTheSameBytesWhetherItUnwrapsOrNot(
      @ForAll long seed, @ForAll @IntRange(min = 0, max = 5) int cuts) {
    Random random = new Random(seed);
    List<Case> all = cases();
    String raw = all.get(random.nextInt(all.size())).raw();
    int[] at = random.ints(cuts, 0, raw.length() + 1).sorted().toArray();

    String unwrapped = decode(raw, at, true);

    String asFramed = decode(raw, at, false);
    if (unwrapped.contains("|")) {
      int left = Integer.parseInt(unwrapped.substring(unwrapped.lastIndexOf('|') + 1));
      assertThat(asFramed).isEqualTo(raw.substring(0, raw.length() - left) + "|" + left);
    } else if (unwrapped.startsWith("incomplete")) {
      assertThat(asFramed).isEqualTo("incomplete " + raw);
    } else {
      assertThat(asFramed).isEqualTo(unwrapped);
    }
  }

  @Test
  void startsOverForTheNextBody() {
    BodyReader reader = new BodyReader(SMALL);
    RequestHead head = new RequestHead();
    head.chunked(true);
    reader.beginRequest(head);
    ByteBuf broken = Unpooled.copiedBuffer("3;a=\"x", StandardCharsets.ISO_8859_1);
    reader.advance(broken);

    reader.beginRequest(head);

    ByteBuf good = Unpooled.copiedBuffer("1\r\na\r\n0\r\n\r\n", StandardCharsets.ISO_8859_1);
    assertThat(reader.advance(good)).isEqualTo(11);
    assertThat(reader.isComplete()).isTrue();
    assertThat(reader.remaining()).isZero();
  }

  private static String decode(String raw, int[] cuts, boolean unwrap) {
    BodyReader reader = new BodyReader(SMALL);
    RequestHead head = new RequestHead();
    head.chunked(true);
    reader.beginRequest(head);
    if (unwrap) {
      reader.unwrapChunks();
    }
    byte[] bytes = raw.getBytes(StandardCharsets.ISO_8859_1);
    StringBuilder body = new StringBuilder();
    int from = 0;
    for (int i = 0; i <= cuts.length; i++) {
      int to = i == cuts.length ? bytes.length : cuts[i];
      ByteBuf in = Unpooled.wrappedBuffer(bytes, from, to - from);
      if (unwrap) {
        body.append(reader.unwrap(in).toString(StandardCharsets.ISO_8859_1));
      } else {
        body.append(in.readSlice(reader.advance(in)).toString(StandardCharsets.ISO_8859_1));
      }
      Refusal refusal = reader.refusal();
      if (refusal != null) {
        return refusal.name();
      }
      if (reader.isComplete()) {
        return body + "|" + (bytes.length - to + in.readableBytes());
      }
      from = to;
    }
    return "incomplete " + body;
  }
}
