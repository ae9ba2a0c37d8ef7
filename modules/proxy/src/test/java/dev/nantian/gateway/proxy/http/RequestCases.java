package dev.nantian.gateway.proxy.http;

import java.util.ArrayList;
import java.util.List;

/** Raw requests and what a strict codec makes of them. */
final class RequestCases {
  /**
   * @param expected {@code ok METHOD host[:port] path[?query] …}, {@code STATUS REFUSAL}, or {@code
   *     incomplete}
   */
  record Case(String raw, String expected) {
    @Override
    public String toString() {
      String shown = raw.replace("\r", "\\r").replace("\n", "\\n");
      return (shown.length() > 120 ? shown.substring(0, 120) + "…" : shown) + " → " + expected;
    }
  }

  private final List<Case> cases = new ArrayList<>();

  private RequestCases() {}

  static List<Case> all() {
    RequestCases all = new RequestCases();
    all.startLines();
    all.targets();
    all.hosts();
    all.fields();
    all.framing();
    all.connection();
    all.limits();
    return all.cases;
  }

  private void raw(String raw, String expected) {
    cases.add(new Case(raw, expected));
  }

  private void line(String line, String expected) {
    raw(line + "\r\nHost: a\r\n\r\n", expected);
  }

  private void target(String target, String expected) {
    raw("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n", expected);
  }

  private void host(String value, String expected) {
    raw("GET / HTTP/1.1\r\nHost: " + value + "\r\n\r\n", expected);
  }

  private void field(String line, String expected) {
    raw("GET / HTTP/1.1\r\nHost: a\r\n" + line + "\r\n\r\n", expected);
  }

  private void framed(String lines, String expected) {
    raw("POST / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n\r\n", expected);
  }

  private void startLines() {
    line("GET / HTTP/1.1", "ok GET a /");
    line("GET / HTTP/1.0", "ok GET a / close");
    line("get / HTTP/1.1", "ok get a /");
    line("M-SEARCH / HTTP/1.1", "ok M-SEARCH a /");
    line("DELETE /x HTTP/1.1", "ok DELETE a /x");
    line("\r\nGET / HTTP/1.1", "ok GET a /");
    line("\r\n\r\nGET / HTTP/1.1", "400 BAD_REQUEST_LINE");
    line("GET  / HTTP/1.1", "400 BAD_TARGET");
    line("GET /  HTTP/1.1", "400 BAD_TARGET");
    line(" GET / HTTP/1.1", "400 BAD_REQUEST_LINE");
    line("GET\t/ HTTP/1.1", "400 BAD_METHOD");
    line("GET /\tHTTP/1.1", "400 BAD_REQUEST_LINE");
    line("GET /", "400 BAD_REQUEST_LINE");
    line("GET", "400 BAD_REQUEST_LINE");
    line("GET HTTP/1.1", "400 BAD_REQUEST_LINE");
    line("GET / HTTP/1.1 ", "400 BAD_REQUEST_LINE");
    line("GET / HTTP/1.", "400 BAD_REQUEST_LINE");
    line("GET / HTTP/1.2", "505 UNSUPPORTED_VERSION");
    line("GET / HTTP/2.0", "505 UNSUPPORTED_VERSION");
    line("GET / HTTP/0.9", "505 UNSUPPORTED_VERSION");
    line("GET / http/1.1", "400 BAD_VERSION");
    line("GET / HTTP/a.1", "400 BAD_VERSION");
    line("GET / HTTP/1,1", "400 BAD_VERSION");
    line("GET / HTTX/1.1", "400 BAD_VERSION");
    line("GET / HTTP/11", "400 BAD_REQUEST_LINE");
    line("PRI * HTTP/2.0", "505 UNSUPPORTED_VERSION");
    line("G(T / HTTP/1.1", "400 BAD_METHOD");
    line("G\u00e9T / HTTP/1.1", "400 BAD_METHOD");
    line("GET\u0000 / HTTP/1.1", "400 BAD_METHOD");
    line("X".repeat(33) + " / HTTP/1.1", "400 BAD_METHOD");
    line("X".repeat(32) + " / HTTP/1.1", "ok " + "X".repeat(32) + " a /");
    line("CONNECT a:443 HTTP/1.1", "501 CONNECT");
    line("CONNECT / HTTP/1.1", "501 CONNECT");
    raw("\u0016\u0003\u0001\u0002\u0000\u0001\r\n", "400 NOT_HTTP");
    raw("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "400 BARE_LF");
    raw("GET / HTTP/1.1\nHost: a\r\n\r\n", "400 BARE_LF");
    raw("GET / HTTP/1.1\r\nHost: a\n\r\n", "400 BARE_LF");
    raw("GET / HTTP/1.1\r\nHost: a\r\n\n", "400 BARE_LF");
    raw("GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", "400 BAD_REQUEST_LINE");
    raw("GET /\r HTTP/1.1\r\nHost: a\r\n\r\n", "400 BAD_TARGET");
    raw("", "incomplete");
    raw("\r\n", "incomplete");
    raw("GET / HTTP/1.1\r\nHost: a\r\n", "incomplete");
    raw("GET / HTTP/1.1\r\nHost: a\r\n\r", "incomplete");
  }

  private void targets() {
    target("/", "ok GET a /");
    target("/a/b/", "ok GET a /a/b/");
    target("//a", "ok GET a /a");
    target("///", "ok GET a /");
    target("/a//b///", "ok GET a /a/b/");
    target("/a//?b//c", "ok GET a /a/?b//c");
    target("/a?b=c&d", "ok GET a /a?b=c&d");
    target("/?", "ok GET a /?");
    target("/a?b?c", "ok GET a /a?b?c");
    target("/a?/../b", "ok GET a /a?/../b");
    target("/%41%2d%C3%a9%25", "ok GET a /A-%C3%A9%25");
    target("/%7euser/%2Ea", "ok GET a /~user/.a");
    target("/a%2fb", "400 ESCAPED_SLASH");
    target("/a%2Fb", "400 ESCAPED_SLASH");
    target("/a%5cb", "400 ESCAPED_BACKSLASH");
    target("/a%0db", "400 ESCAPED_CONTROL");
    target("/a%0A", "400 ESCAPED_CONTROL");
    target("/a%7f", "400 ESCAPED_CONTROL");
    target("/a%20b%3f%23%3B", "ok GET a /a%20b%3F%23%3B");
    target("/%252e%252e/a", "ok GET a /%252e%252e/a");
    target("/%c0%ae%c0%ae/a", "400 BAD_UTF8");
    target("/%c0%af", "400 BAD_UTF8");
    target("/%e0%80%af", "400 BAD_UTF8");
    target("/%f0%80%80%af", "400 BAD_UTF8");
    target("/%fc%80%80%80%80%af", "400 BAD_UTF8");
    target("/%ff", "400 BAD_UTF8");
    target("/%80", "400 BAD_UTF8");
    target("/%e9", "400 BAD_UTF8");
    target("/%c3x", "400 BAD_UTF8");
    target("/%c3/%a9", "400 BAD_UTF8");
    target("/%ed%a0%80", "400 BAD_UTF8");
    target("/%f4%90%80%80", "400 BAD_UTF8");
    target("/%f0%9f%8e%89", "ok GET a /%F0%9F%8E%89");
    target("/%u0041", "400 BAD_PERCENT_ESCAPE");
    target("/..;/a", "400 DOT_SEGMENT");
    target("/a/..;x=1", "400 DOT_SEGMENT");
    target("/a/.;/b", "400 DOT_SEGMENT");
    target("/a/%2e%2e;/b", "400 DOT_SEGMENT");
    target("/a;..;/b", "ok GET a /a;..;/b");
    target("/a;b=/../c", "400 DOT_SEGMENT");
    target("/;/a", "ok GET a /;/a");
    target("/a;b=1,2:3@4!$&'()*+", "ok GET a /a;b=1,2:3@4!$&'()*+");
    target("/[a]{b}|^`", "ok GET a /%5Ba%5D%7Bb%7D%7C%5E%60");
    target("/...", "ok GET a /...");
    target("/.a", "ok GET a /.a");
    target("/a..", "ok GET a /a..");
    target("/a.b/..c", "ok GET a /a.b/..c");
    target("/.well-known/x", "ok GET a /.well-known/x");
    target("/.", "400 DOT_SEGMENT");
    target("/..", "400 DOT_SEGMENT");
    target("/./a", "400 DOT_SEGMENT");
    target("/../a", "400 DOT_SEGMENT");
    target("/a/.", "400 DOT_SEGMENT");
    target("/a/..", "400 DOT_SEGMENT");
    target("/a/../b", "400 DOT_SEGMENT");
    target("/a/..?q", "400 DOT_SEGMENT");
    target("/a/%2e", "400 DOT_SEGMENT");
    target("/a/%2E%2e/b", "400 DOT_SEGMENT");
    target("/a/.%2e/b", "400 DOT_SEGMENT");
    target("/a/%2e./b", "400 DOT_SEGMENT");
    target("/a%2f..%2fb", "400 ESCAPED_SLASH");
    target("/a%2f..", "400 ESCAPED_SLASH");
    target("/a%5c..%5cb", "400 ESCAPED_BACKSLASH");
    target("/a/..%2fb", "400 ESCAPED_SLASH");
    target("/%2e%2e%2fb", "400 ESCAPED_SLASH");
    target("/%", "400 BAD_PERCENT_ESCAPE");
    target("/%4", "400 BAD_PERCENT_ESCAPE");
    target("/%4g", "400 BAD_PERCENT_ESCAPE");
    target("/%zz/a", "400 BAD_PERCENT_ESCAPE");
    target("/%4?a", "400 BAD_PERCENT_ESCAPE");
    target("/a%00b", "400 BAD_PERCENT_ESCAPE");
    target("/a?b=%", "400 BAD_PERCENT_ESCAPE");
    target("/a?b=%1", "400 BAD_PERCENT_ESCAPE");
    target("/a?b=%xy", "400 BAD_PERCENT_ESCAPE");
    target("/a?b=%00", "ok GET a /a?b=%00");
    target("/a#b", "400 FRAGMENT");
    target("/#", "400 FRAGMENT");
    target("/a?b#c", "400 FRAGMENT");
    target("/a\\b", "400 BAD_TARGET");
    target("/a\"b", "400 BAD_TARGET");
    target("/a<b>", "400 BAD_TARGET");
    target("/a?b<c", "400 BAD_TARGET");
    target("/a?b\\c", "400 BAD_TARGET");
    target("/a\u0000b", "400 BAD_TARGET");
    target("/a\u007f", "400 BAD_TARGET");
    target("/caf\u00e9", "400 BAD_TARGET");
    target("/a?caf\u00e9", "400 BAD_TARGET");
    target("/a b", "400 BAD_TARGET");
    target("a", "400 BAD_TARGET");
    target("?a", "400 BAD_TARGET");
    target("*", "400 BAD_TARGET");
    target("*/", "400 BAD_TARGET");
    line("OPTIONS * HTTP/1.1", "ok OPTIONS a *");
    line("OPTIONS *a HTTP/1.1", "400 BAD_TARGET");
    line("OPTIONS / HTTP/1.1", "ok OPTIONS a /");
    target("http://a/b?c", "ok GET a /b?c");
    target("HTTP://A/b", "ok GET a /b");
    target("https://a/b", "ok GET a /b");
    target("http://a", "ok GET a /");
    target("http://a?b", "ok GET a /?b");
    target("http://a/..", "400 DOT_SEGMENT");
    target("http://a#b", "400 FRAGMENT");
    target("http://b/", "400 HOST_DISAGREES");
    target("http://a:80/", "400 HOST_DISAGREES");
    target("http://u@a/", "400 HOST_DISAGREES");
    target("http:///", "400 BAD_TARGET");
    target("http://", "400 BAD_TARGET");
    target("http:/a", "400 BAD_TARGET");
    target("ftp://a/", "400 BAD_TARGET");
    target("a:80", "400 BAD_TARGET");
    line("OPTIONS http://a HTTP/1.1", "ok OPTIONS a *");
    line("OPTIONS http://a/ HTTP/1.1", "ok OPTIONS a /");
    raw("GET http://a:81/ HTTP/1.1\r\nHost: A:81\r\n\r\n", "ok GET a:81 /");
  }

  private void hosts() {
    host("example.com", "ok GET example.com /");
    host("EXAMPLE.com", "ok GET example.com /");
    host("  example.com\t ", "ok GET example.com /");
    host("a:8080", "ok GET a:8080 /");
    host("a_b-c.d~e", "ok GET a_b-c.d~e /");
    host("127.0.0.1:1", "ok GET 127.0.0.1:1 /");
    host("[::1]", "ok GET [::1] /");
    host("[::FFFF:1.2.3.4]:65535", "ok GET [::ffff:1.2.3.4]:65535 /");
    host("", "400 BAD_HOST");
    host("   ", "400 BAD_HOST");
    host(":80", "400 BAD_HOST");
    host("a:", "400 BAD_HOST");
    host("a:0", "400 BAD_HOST");
    host("a:65536", "400 BAD_HOST");
    host("a:999999", "400 BAD_HOST");
    host("a:8o", "400 BAD_HOST");
    host("a:80:80", "400 BAD_HOST");
    host("a:-1", "400 BAD_HOST");
    host("a b", "400 BAD_HOST");
    host("a,b", "400 BAD_HOST");
    host("a/b", "400 BAD_HOST");
    host("a?b", "400 BAD_HOST");
    host("a#b", "400 BAD_HOST");
    host("u@a", "400 BAD_HOST");
    host("a%41", "400 BAD_HOST");
    host("a!b", "400 BAD_HOST");
    host("*.a", "400 BAD_HOST");
    host("caf\u00e9", "400 BAD_HOST");
    host("::1", "400 BAD_HOST");
    host("[::1", "400 BAD_HOST");
    host("[:::::]", "400 BAD_HOST");
    host("[...]", "400 BAD_HOST");
    host("[1::2::3]", "400 BAD_HOST");
    host("[12345::]", "400 BAD_HOST");
    host("[::]", "ok GET [::] /");
    host("[]", "400 BAD_HOST");
    host("[::1]a", "400 BAD_HOST");
    host("[v1.a]", "400 BAD_HOST");
    host("a\\b", "400 BAD_HOST");
    raw("GET / HTTP/1.1\r\n\r\n", "400 MISSING_HOST");
    raw("GET / HTTP/1.0\r\n\r\n", "400 MISSING_HOST");
    raw("GET http://a/ HTTP/1.1\r\n\r\n", "400 MISSING_HOST");
    raw("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "400 SEVERAL_HOSTS");
    raw("GET / HTTP/1.1\r\nHost: a\r\nhOST: b\r\n\r\n", "400 SEVERAL_HOSTS");
  }

  private void fields() {
    field("A: b", "ok GET a /");
    field("A:", "ok GET a /");
    field("A:b", "ok GET a /");
    field("A: \t ", "ok GET a /");
    field("A: b \t c", "ok GET a /");
    field("A: caf\u00e9", "ok GET a /");
    field("A: \"b\" <c> {d} \\ :", "ok GET a /");
    field("!#$%&'*+-.^_`|~09aZ: x", "ok GET a /");
    field("A : b", "400 BAD_FIELD_NAME");
    field("A\t: b", "400 BAD_FIELD_NAME");
    field(": b", "400 BAD_FIELD_NAME");
    field("A", "400 BAD_FIELD_NAME");
    field("A b: c", "400 BAD_FIELD_NAME");
    field("A(b): c", "400 BAD_FIELD_NAME");
    field("A;b: c", "400 BAD_FIELD_NAME");
    field("A\u00e9: c", "400 BAD_FIELD_NAME");
    field("A\u0000: c", "400 BAD_FIELD_NAME");
    field("A: b\u0000c", "400 BAD_FIELD_VALUE");
    field("A: b\rc", "400 BAD_FIELD_VALUE");
    field("A: b\r", "400 BAD_FIELD_VALUE");
    field("A: b\u0001", "400 BAD_FIELD_VALUE");
    field("A: b\u007f", "400 BAD_FIELD_VALUE");
    field("A: b\u000bc", "400 BAD_FIELD_VALUE");
    field("A: b\u001bc", "400 BAD_FIELD_VALUE");
    field("A: b\r\n c", "400 LINE_FOLDING");
    field("A: b\r\n\tc", "400 LINE_FOLDING");
    raw("GET / HTTP/1.1\r\n Host: a\r\n\r\n", "400 LINE_FOLDING");
    raw("GET / HTTP/1.1\r\n \r\nHost: a\r\n\r\n", "400 LINE_FOLDING");
    field("A: b\nC: d", "400 BARE_LF");
    field("A: b\r\r\n", "400 BAD_FIELD_VALUE");
    field("Expect: 100-continue", "ok GET a /");
    field("Expect: 100-Continue", "ok GET a /");
    field("Expect: magic", "417 UNSUPPORTED_EXPECTATION");
    field("Expect: 100-continue\r\nExpect: 100-continue", "ok GET a /");
    field("Expect: 100-continue\r\nExpect: magic", "417 UNSUPPORTED_EXPECTATION");
    field("Expect: 100-continue, magic", "417 UNSUPPORTED_EXPECTATION");
    field("Expect:", "417 UNSUPPORTED_EXPECTATION");
  }

  private void framing() {
    framed("Content-Length: 0", "ok POST a / length=0");
    framed("Content-Length: 5", "ok POST a / length=5");
    framed("content-length:  007 ", "ok POST a / length=7");
    framed("Content-Length: 999999999999999999", "ok POST a / length=999999999999999999");
    framed("Content-Length: 9999999999999999999", "400 BAD_CONTENT_LENGTH");
    framed("Content-Length:", "400 BAD_CONTENT_LENGTH");
    framed("Content-Length: -1", "400 BAD_CONTENT_LENGTH");
    framed("Content-Length: +1", "400 BAD_CONTENT_LENGTH");
    framed("Content-Length: 1 1", "400 BAD_CONTENT_LENGTH");
    framed("Content-Length: 0x1", "400 BAD_CONTENT_LENGTH");
    framed("Content-Length: 1.0", "400 BAD_CONTENT_LENGTH");
    framed("Content-Length: 1_0", "400 BAD_CONTENT_LENGTH");
    framed("Content-Length: \u0661", "400 BAD_CONTENT_LENGTH");
    framed("Content-Length: 5, 5", "400 SEVERAL_CONTENT_LENGTHS");
    framed("Content-Length: 5,6", "400 SEVERAL_CONTENT_LENGTHS");
    framed("Content-Length: 5\r\nContent-Length: 5", "400 SEVERAL_CONTENT_LENGTHS");
    framed("Content-Length: 5\r\nContent-Length: 6", "400 SEVERAL_CONTENT_LENGTHS");
    framed("Transfer-Encoding: chunked", "ok POST a / chunked");
    framed("Transfer-Encoding: Chunked", "ok POST a / chunked");
    framed("transfer-encoding:\tchunked ", "ok POST a / chunked");
    framed("Transfer-Encoding: chunked\r\nContent-Length: 5", "400 LENGTH_AND_ENCODING");
    framed("Content-Length: 0\r\nTransfer-Encoding: chunked", "400 LENGTH_AND_ENCODING");
    framed("Transfer-Encoding: gzip, chunked", "501 UNSUPPORTED_TRANSFER_ENCODING");
    framed("Transfer-Encoding: gzip,chunked", "501 UNSUPPORTED_TRANSFER_ENCODING");
    framed("Transfer-Encoding: gzip", "400 BAD_TRANSFER_ENCODING");
    framed("Transfer-Encoding: identity", "400 BAD_TRANSFER_ENCODING");
    framed("Transfer-Encoding:", "400 BAD_TRANSFER_ENCODING");
    framed("Transfer-Encoding: chunked, gzip", "400 BAD_TRANSFER_ENCODING");
    framed("Transfer-Encoding: chunked, chunked", "400 BAD_TRANSFER_ENCODING");
    framed("Transfer-Encoding: chunked,", "400 BAD_TRANSFER_ENCODING");
    framed("Transfer-Encoding: ,chunked", "400 BAD_TRANSFER_ENCODING");
    framed("Transfer-Encoding: chunked;q=1", "400 BAD_TRANSFER_ENCODING");
    framed("Transfer-Encoding: xchunked", "400 BAD_TRANSFER_ENCODING");
    framed("Transfer-Encoding: chunke", "400 BAD_TRANSFER_ENCODING");
    framed("Transfer-Encoding: \"chunked\"", "400 BAD_TRANSFER_ENCODING");
    framed("Transfer-Encoding: chunked chunked", "400 BAD_TRANSFER_ENCODING");
    framed("Transfer-Encoding: \u000bchunked", "400 BAD_FIELD_VALUE");
    framed("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "400 BAD_TRANSFER_ENCODING");
    framed("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked", "400 BAD_TRANSFER_ENCODING");
    framed("Transfer-Encoding: chunked\r\nTransfer-Encoding: x", "400 BAD_TRANSFER_ENCODING");
    framed("Transfer_Encoding: chunked", "400 UNDERSCORE");
    framed("content_length: 5", "400 UNDERSCORE");
    framed("X_Forwarded-For: 1", "ok POST a /");
    framed("COOKIE_: 1", "ok POST a /");
    framed("Set_Cookie: 1", "400 UNDERSCORE");
    framed("X_Any: 1", "ok POST a /");
    raw(
        "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        "400 ENCODING_IN_HTTP_1_0");
    raw("POST / HTTP/1.0\r\nHost: a\r\nContent-Length: 3\r\n\r\n", "ok POST a / length=3 close");
    framed("Transfer-Encoding : chunked", "400 BAD_FIELD_NAME");
    framed("Content-Length : 5", "400 BAD_FIELD_NAME");
    framed("X: y\r\n Content-Length: 5", "400 LINE_FOLDING");
  }

  private void connection() {
    field("Connection: close", "ok GET a / close");
    field("Connection: Close", "ok GET a / close");
    field("Connection: keep-alive", "ok GET a /");
    field("Connection: keep-alive, close", "ok GET a / close");
    field("Connection: x,, y ,close", "ok GET a / close");
    field("Connection:", "ok GET a /");
    field("Connection: x\r\nConnection: close", "ok GET a / close");
    field("Connection: close;x", "400 BAD_CONNECTION_OPTION");
    field("Connection: a b", "400 BAD_CONNECTION_OPTION");
    field("Connection: \"close\"", "400 BAD_CONNECTION_OPTION");
    field("Connection: host", "400 BAD_CONNECTION_OPTION");
    field("Connection: Content-Length", "400 BAD_CONNECTION_OPTION");
    field("Connection: x, transfer-encoding", "400 BAD_CONNECTION_OPTION");
    field("Connection: close, X-Forwarded-For", "400 BAD_CONNECTION_OPTION");
    field("Connection: Cookie", "400 BAD_CONNECTION_OPTION");
    field("Connection: AUTHORIZATION", "400 BAD_CONNECTION_OPTION");
    field("Connection: Content-Type", "400 BAD_CONNECTION_OPTION");
    field("Connection: " + "a,".repeat(32), "ok GET a /");
    field("Connection: " + "a,".repeat(33), "400 BAD_CONNECTION_OPTION");
    raw("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n", "ok GET a /");
    raw("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive, close\r\n\r\n", "ok GET a / close");
  }

  /** The limits of the test: 200 bytes of request line, 600 of head, 10 fields. */
  private void limits() {
    String rest = " HTTP/1.1\r\nHost: a\r\n\r\n";
    String fits = "/" + "a".repeat(200 - "GET  HTTP/1.1".length() - 1);
    raw("GET " + fits + rest, "ok GET a " + fits);
    raw("GET " + fits + "a" + rest, "414 URI_TOO_LONG");
    raw("GET /" + "a".repeat(300), "414 URI_TOO_LONG");
    raw("X".repeat(300), "414 URI_TOO_LONG");
    String start = "GET / HTTP/1.1\r\nHost: a\r\n";
    int room = 600 - start.length() - "A: \r\n\r\n".length();
    raw(start + "A: " + "b".repeat(room) + "\r\n\r\n", "ok GET a /");
    raw(start + "A: " + "b".repeat(room + 1) + "\r\n\r\n", "431 HEAD_TOO_LARGE");
    raw(start + "A: " + "b".repeat(2000), "431 HEAD_TOO_LARGE");
    raw(start + "A: b\r\n".repeat(9) + "\r\n", "ok GET a /");
    raw(start + "A: b\r\n".repeat(10) + "\r\n", "431 TOO_MANY_FIELDS");
  }
}
