package dev.nantian.gateway.proxy.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Responses are as untrusted as requests: what a client could read differently is refused. */
class ResponseHeadDecoderTest {
  private static final HttpLimits SMALL = new HttpLimits(200, 600, 600, 10, 24, 40);

  /**
   * @param expected {@code STATUS reason [chunked] [length=n] [close] [edited] → body kind}, a
   *     refusal, or {@code incomplete}
   */
  record Case(String raw, String expected) {
    @Override
    public String toString() {
      String shown = raw.replace("\r", "\\r").replace("\n", "\\n");
      return (shown.length() > 120 ? shown.substring(0, 120) + "…" : shown) + " → " + expected;
    }
  }

  static List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    statusLines(cases);
    fields(cases);
    framing(cases);
    limits(cases);
    return cases;
  }

  private static void line(List<Case> cases, String line, String expected) {
    cases.add(new Case(line + "\r\nContent-Length: 1\r\n\r\n", expected));
  }

  private static void field(List<Case> cases, String lines, String expected) {
    cases.add(new Case("HTTP/1.1 200 OK\r\n" + lines + "\r\n\r\n", expected));
  }

  private static void statusLines(List<Case> cases) {
    line(cases, "HTTP/1.1 200 OK", "200 OK length=1 LENGTH");
    line(cases, "HTTP/1.0 200 OK", "200 OK length=1 close LENGTH");
    line(cases, "HTTP/1.1 200 ", "200  length=1 LENGTH");
    line(cases, "HTTP/1.1 200", "200  length=1 edited LENGTH");
    line(cases, "HTTP/1.1 404 Not Found\tat all", "404 Not Found\tat all length=1 LENGTH");
    line(cases, "HTTP/1.1 200 caf\u00e9", "200 caf\u00e9 length=1 LENGTH");
    line(cases, "HTTP/1.1 599 x", "599 x length=1 LENGTH");
    line(cases, "HTTP/1.1 204 x", "204 x length=1 NONE");
    line(cases, "HTTP/1.1 304 x", "304 x length=1 NONE");
    line(cases, "HTTP/1.1 100 Continue", "100 Continue length=1 LENGTH");
    for (String bad :
        List.of(
            "Http/1.1 200 OK",
            "HtTP/1.1 200 OK",
            "http/1.1 200 OK",
            "HTTP/1.2 200 OK",
            "HTTP/2.0 200 OK",
            "HTTP/2 200 OK",
            "HTTP/1.11 200 OK",
            "HTTP/1,1 200 OK",
            "HTTPS/1.1 200 OK",
            "HTTP/1.1  200 OK",
            "HTTP/1.1\t200 OK",
            "HTTP/1.1 20 OK",
            "HTTP/1.1 2000 OK",
            "HTTP/1.1 +20 OK",
            "HTTP/1.1 0x1 OK",
            "HTTP/1.1 099 OK",
            "HTTP/1.1 000 OK",
            "HTTP/1.1 200OK",
            "HTTP/1.1 200\tOK",
            "HTTP/1.1 200 O\rK",
            "HTTP/1.1 200 O\u0000K",
            "HTTP/1.1 200 O\u007fK",
            "HTTP/1.1 200 OK\u001b[31m",
            " HTTP/1.1 200 OK",
            "ICY 200 OK",
            "SSH-2.0-OpenSSH_9",
            "HTTP/1.1",
            "x",
            "")) {
      line(cases, bad, "BAD_STATUS_LINE");
    }
    cases.add(new Case("HTTP/1.1 200 OK\nA: b\r\n\r\n", "BARE_LF"));
    cases.add(new Case("\r\nHTTP/1.1 200 OK\r\n\r\n", "BAD_STATUS_LINE"));
    cases.add(new Case("HTTP/1.1 200 OK\r\n", "incomplete"));
    cases.add(new Case("", "incomplete"));
  }

  private static void fields(List<Case> cases) {
    field(cases, "A: b", "200 OK UNTIL_CLOSE");
    field(cases, "A : b", "BAD_FIELD_NAME");
    field(cases, "A: b\r\n folded", "LINE_FOLDING");
    field(cases, "A: b\rSet-Cookie: x", "BAD_FIELD_VALUE");
    field(cases, "A: b\nSet-Cookie: x", "BARE_LF");
    field(cases, "A: b\u0000", "BAD_FIELD_VALUE");
    field(cases, "A: b\u000b", "BAD_FIELD_VALUE");
    field(cases, ": b", "BAD_FIELD_NAME");
    field(cases, "A", "BAD_FIELD_NAME");
    field(cases, "HTTP/1.1 200 OK", "BAD_FIELD_NAME");
    field(cases, "Connection: close", "200 OK close edited UNTIL_CLOSE");
    field(cases, "Connection: x\r\nX: y", "200 OK edited UNTIL_CLOSE");
    field(cases, "Connection: content-length\r\nContent-Length: 1", "BAD_CONNECTION_OPTION");
    field(cases, "Connection: set-cookie\r\nSet-Cookie: a", "BAD_CONNECTION_OPTION");
    field(cases, "Keep-Alive: timeout=5\r\nContent-Length: 1", "200 OK length=1 edited LENGTH");
  }

  private static void framing(List<Case> cases) {
    field(cases, "Content-Length: 0", "200 OK length=0 NONE");
    field(cases, "Content-Length: 5", "200 OK length=5 LENGTH");
    field(cases, "Content-Length: 5, 5", "SEVERAL_CONTENT_LENGTHS");
    field(cases, "Content-Length: 5\r\nContent-Length: 5", "SEVERAL_CONTENT_LENGTHS");
    field(cases, "Content-Length: 5\r\nContent-Length: 6", "SEVERAL_CONTENT_LENGTHS");
    field(cases, "Content-Length: -5", "BAD_CONTENT_LENGTH");
    field(cases, "Content-Length: 5 ", "200 OK length=5 LENGTH");
    field(cases, "Content-Length: 5x", "BAD_CONTENT_LENGTH");
    field(cases, "Content-Length: 9223372036854775808", "BAD_CONTENT_LENGTH");
    field(cases, "Transfer-Encoding: chunked", "200 OK chunked CHUNKED");
    field(cases, "Transfer-Encoding: chunked\r\nContent-Length: 5", "LENGTH_AND_ENCODING");
    field(cases, "Content-Length: 5\r\nTransfer-Encoding: chunked", "LENGTH_AND_ENCODING");
    field(cases, "Transfer-Encoding: identity", "BAD_TRANSFER_ENCODING");
    field(cases, "Transfer-Encoding: gzip, chunked", "UNSUPPORTED_TRANSFER_ENCODING");
    field(
        cases, "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "BAD_TRANSFER_ENCODING");
    cases.add(
        new Case("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "ENCODING_IN_HTTP_1_0"));
    cases.add(new Case("HTTP/1.0 200 OK\r\n\r\n", "200 OK close UNTIL_CLOSE"));
    cases.add(
        new Case("HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n", "204 No chunked NONE"));
  }

  private static void limits(List<Case> cases) {
    String start = "HTTP/1.1 200 OK\r\n";
    line(
        cases,
        "HTTP/1.1 200 " + "a".repeat(200 - 13),
        "200 " + "a".repeat(200 - 13) + " length=1 LENGTH");
    line(cases, "HTTP/1.1 200 " + "a".repeat(200 - 12), "BAD_STATUS_LINE");
    cases.add(new Case(start + "A: " + "b".repeat(600), "HEAD_TOO_LARGE"));
    cases.add(new Case(start + "A: b\r\n".repeat(10) + "\r\n", "200 OK UNTIL_CLOSE"));
    cases.add(new Case(start + "A: b\r\n".repeat(11) + "\r\n", "TOO_MANY_FIELDS"));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void judges(Case given) {
    assertThat(decode(given.raw(), given.raw().length())).isEqualTo(given.expected());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void judgesTheSameByteByByte(Case given) {
    assertThat(decode(given.raw(), 1)).isEqualTo(given.expected());
  }

  @Test
  void aResponseToHeadHasNoBodyWhateverItSays() {
    ResponseHead head = new ResponseHead();
    head.contentLength(10);
    BodyReader reader = new BodyReader(SMALL);

    reader.beginResponse(head, true);

    assertThat(reader.kind()).isEqualTo(BodyReader.Kind.NONE);
  }

  private static String decode(String raw, int step) {
    ResponseHeadDecoder decoder = new ResponseHeadDecoder(SMALL);
    ResponseHead head = new ResponseHead();
    byte[] bytes = raw.getBytes(StandardCharsets.ISO_8859_1);
    for (int from = 0; from < bytes.length; from += step) {
      ByteBuf in = Unpooled.wrappedBuffer(bytes, from, Math.min(step, bytes.length - from));
      switch (decoder.decode(in, head)) {
        case COMPLETE -> {
          return describe(head);
        }
        case REFUSED -> {
          return decoder.refusal().name();
        }
        case INCOMPLETE -> {}
      }
    }
    return "incomplete";
  }

  private static String describe(ResponseHead head) {
    BodyReader reader = new BodyReader(SMALL);
    reader.beginResponse(head, false);
    return head.status()
        + " "
        + head.text(head.reasonOffset(), head.reasonLength())
        + (head.isChunked() ? " chunked" : "")
        + (head.contentLength() < 0 ? "" : " length=" + head.contentLength())
        + (head.wantsClose() ? " close" : "")
        + (head.isEdited() ? " edited" : "")
        + " "
        + reader.kind();
  }
}
