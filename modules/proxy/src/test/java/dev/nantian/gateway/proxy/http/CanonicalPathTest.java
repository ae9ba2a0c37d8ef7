package dev.nantian.gateway.proxy.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.proxy.http.PathRules.Data;
import dev.nantian.gateway.proxy.http.PathRules.Dots;
import dev.nantian.gateway.proxy.http.PathRules.Empty;
import dev.nantian.gateway.proxy.http.PathRules.NonAscii;
import dev.nantian.gateway.proxy.http.PathRules.Slash;
import dev.nantian.gateway.proxy.http.PathRules.Unreserved;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is matched is what is forwarded, under every combination of rules. */
class CanonicalPathTest {
  private static final PathRules LAX =
      new PathRules(
          Dots.RESOLVE,
          Empty.MERGE,
          Unreserved.DECODE,
          Slash.DECODE,
          Data.KEEP,
          Data.KEEP,
          Data.KEEP,
          Data.KEEP,
          Data.KEEP,
          NonAscii.ENCODE);

  private static final PathRules KEEPING =
      new PathRules(
          Dots.RESOLVE,
          Empty.KEEP,
          Unreserved.KEEP,
          Slash.KEEP,
          Data.KEEP,
          Data.KEEP,
          Data.KEEP,
          Data.KEEP,
          Data.KEEP,
          NonAscii.ENCODE);

  private static final PathRules STRICT =
      new PathRules(
          Dots.REJECT,
          Empty.REJECT,
          Unreserved.REJECT,
          Slash.REJECT,
          Data.REJECT,
          Data.REJECT,
          Data.REJECT,
          Data.REJECT,
          Data.REJECT,
          NonAscii.REJECT);

  @ParameterizedTest
  @CsvSource({
    "/a/./b, /a/b",
    "/a/../b, /b",
    "/a/.., /",
    "/a/., /a/",
    "/a/b/../../c, /c",
    "/a//../b, /b",
    "/.., DOT_SEGMENT",
    "/a/../../b, DOT_SEGMENT",
    "/a/%2e%2E/b, /b",
    "/a%2f..%2fb, /b",
    "/a%2fb, /a/b",
    "/a%2f%2fb, /a/b",
    "/..;/a, DOT_SEGMENT",
    "/a/..;x/b, DOT_SEGMENT",
    "/a%5cb, /a%5Cb",
    "/a%5c..%5cb, DOT_SEGMENT",
    "/a/..%5cb, DOT_SEGMENT",
    "/a%5c.., DOT_SEGMENT",
    "/a%0a, /a%0A",
    "/a%00, BAD_PERCENT_ESCAPE",
    "/%2541, /%2541",
    "/%e9, /%E9",
    "/%c0%ae%c0%ae/a, BAD_UTF8",
    "/%e0%80%ae, BAD_UTF8",
    "/caf\u00c3\u00a9, /caf%C3%A9",
    "/a\u00ff, /a%FF",
  })
  void resolvesAndDecodesIfItIsTold(String path, String expected) {
    assertThat(canonical(path, LAX)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "/a//b, /a//b",
    "/a//../b, /a/b",
    "//.., /",
    "/a%2fb, /a%2Fb",
    "/a%2f..%2fb, DOT_SEGMENT",
    "/..%2f, DOT_SEGMENT",
    "/a/%2f../b, DOT_SEGMENT",
    "/a%2f.b, /a%2F.b",
    "/%41, /%41",
    "/a/%2e%2e/b, /b",
  })
  void keepsIfItIsTold(String path, String expected) {
    assertThat(canonical(path, KEEPING)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "/a/b, /a/b",
    "/a//b, EMPTY_SEGMENT",
    "/%41, NEEDLESS_ESCAPE",
    "/a;b, PATH_PARAMETER",
    "/%2541, DOUBLE_ESCAPE",
    "/100%25, /100%25",
    "/100%25x1, /100%25x1",
    "/caf\u00c3\u00a9, BAD_TARGET",
  })
  void refusesIfItIsTold(String path, String expected) {
    assertThat(canonical(path, STRICT)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"/a%2fb, /a%2Fb", "/%41, /A", "/a/../b, /a/../b", "/a, /a", "/é, /%C3%A9"})
  void givesRulesTheFormOfRequests(String path, String expected) {
    assertThat(PathRules.ofRule(path)).isEqualTo(expected);
  }

  @Property(tries = 20_000)
  void isIdempotent(@ForAll("paths") String path, @ForAll("rules") PathRules rules) {
    String once = canonical(path, rules);

    if (once.startsWith("/")) {
      assertThat(canonical(once, rules)).isEqualTo(once);
      assertThat(once).doesNotContainPattern("[\\x00-\\x20\\x7f-\\xff\"<>\\\\^`{|}#?]");
    }
  }

  /** No reading of a canonical path leads above or beside where it seems to lead. */
  @Property(tries = 20_000)
  void hasNoDotSegmentLeft(@ForAll("paths") String path, @ForAll("rules") PathRules rules) {
    String once = canonical(path, rules);

    if (once.startsWith("/")) {
      String decoded = once.replaceAll("(?i)%2e", ".").replaceAll("(?i)%(2f|5c)", "/");
      assertThat(Stream.of(decoded.split("/", -1)).map(s -> s.replaceAll(";.*", "")))
          .doesNotContain(".", "..");
    }
  }

  @Property(tries = 5000)
  void whatIsForwardedIsWhatWasMatched(
      @ForAll("paths") String path, @ForAll("rules") PathRules rules) {
    RequestHead matched = new RequestHead();
    if (decode("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n", matched, rules) == null) {
      ByteBuf forwarded = Unpooled.buffer();
      HeadWriter.request(matched, forwarded);
      HeadWriter.end(forwarded);

      RequestHead again = new RequestHead();
      Refusal wrong = decode(forwarded.toString(StandardCharsets.ISO_8859_1), again, rules);

      assertThat(wrong).isNull();
      assertThat(path(again)).isEqualTo(path(matched));
      assertThat(forwarded.toString(StandardCharsets.ISO_8859_1))
          .startsWith("GET " + path(matched) + " HTTP/1.1\r\n");
    }
  }

  @Provide
  Arbitrary<String> paths() {
    return Arbitraries.of(
            "/",
            "/",
            "/",
            "a",
            "b",
            ".",
            "..",
            ";",
            "%2e",
            "%2E",
            "%2f",
            "%2F",
            "%5c",
            "%25",
            "%41",
            "%7e",
            "%20",
            "%0d",
            "%00",
            "%c0%af",
            "%c3%a9",
            "%e9",
            "%",
            "2f",
            "\u00e9",
            "[",
            "|",
            "~",
            "A",
            "\u00c3\u00a9",
            "%80",
            "=")
        .list()
        .ofMaxSize(9)
        .map(parts -> "/" + String.join("", parts));
  }

  @Provide
  Arbitrary<PathRules> rules() {
    Arbitrary<List<Data>> data = Arbitraries.of(Data.values()).list().ofSize(5);
    return Combinators.combine(
            Arbitraries.of(Dots.values()),
            Arbitraries.of(Empty.values()),
            Arbitraries.of(Unreserved.values()),
            Arbitraries.of(Slash.values()),
            data,
            Arbitraries.of(NonAscii.values()))
        .as(
            (dots, empty, unreserved, slash, d, nonAscii) ->
                new PathRules(
                    dots,
                    empty,
                    unreserved,
                    slash,
                    d.get(0),
                    d.get(1),
                    d.get(2),
                    d.get(3),
                    d.get(4),
                    nonAscii));
  }

  private static String canonical(String path, PathRules rules) {
    RequestHead head = new RequestHead();
    byte[] bytes = path.getBytes(StandardCharsets.ISO_8859_1);
    head.path(head.append(bytes), bytes.length);
    Refusal wrong = CanonicalPath.apply(head, rules);
    return wrong == null ? path(head) : wrong.name();
  }

  private static String path(RequestHead head) {
    return head.text(head.pathOffset(), head.pathLength());
  }

  private static @org.jspecify.annotations.Nullable Refusal decode(
      String raw, RequestHead head, PathRules rules) {
    RequestHeadDecoder decoder =
        new RequestHeadDecoder(
            HttpLimits.DEFAULT,
            new RequestRules(
                rules, RequestRules.Underscores.PROTECT, RequestRules.ChunkExtensions.ALLOW));
    ByteBuf in = Unpooled.copiedBuffer(raw, StandardCharsets.ISO_8859_1);
    return decoder.decode(in, head) == Progress.COMPLETE ? null : decoder.refusal();
  }
}
