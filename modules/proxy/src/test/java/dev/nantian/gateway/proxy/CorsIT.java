package dev.nantian.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.proxy.filter.CorsFilter;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Cross-origin requests over real sockets, as browsers send them. */
class CorsIT {
  private static final CorsFilter SHOP =
      new CorsFilter(
          List.of("https://www.shop.example", "https://*.partner.example"),
          true,
          List.of("GET", "OPTIONS"),
          List.of("x-one", "x-two"),
          List.of("x-three"),
          3600);
  private static final CorsFilter ANYONE =
      new CorsFilter(List.of("*"), false, List.of("*"), List.of("*"), List.of(), 5);
  private static final CorsFilter ANYONE_WITH_CREDENTIALS =
      new CorsFilter(List.of("*"), true, List.of("*"), List.of("*"), List.of(), 5);

  @Test
  void aPreflightIsAnsweredByTheGateway() throws Exception {
    RawClient.Response answer = preflight(SHOP, "https://www.shop.example", "GET", "x-one");

    assertThat(answer.status()).isEqualTo(204);
    assertThat(answer.field("access-control-allow-origin")).isEqualTo("https://www.shop.example");
    assertThat(answer.field("access-control-allow-methods")).isEqualTo("GET, OPTIONS");
    assertThat(answer.field("access-control-allow-headers")).isEqualTo("x-one, x-two");
    assertThat(answer.field("access-control-expose-headers")).isEqualTo("x-three");
    assertThat(answer.field("access-control-allow-credentials")).isEqualTo("true");
    assertThat(answer.field("access-control-max-age")).isEqualTo("3600");
    assertThat(answer.field("vary")).isEqualTo("Origin");
  }

  @Test
  void theStarStandsForAnyNumberOfLabelsAndForNothingElse() throws Exception {
    assertThat(allowed("https://a.partner.example")).isEqualTo("https://a.partner.example");
    assertThat(allowed("https://b.a.partner.example")).isEqualTo("https://b.a.partner.example");
    assertThat(allowed("https://partner.example")).isNull();
    assertThat(allowed("http://a.partner.example")).isNull();
    assertThat(allowed("https://a.partner.example:444")).isNull();
    assertThat(allowed("https://evil.example/.partner.example")).isNull();
    assertThat(allowed("https://www.shop.example.evil.example")).isNull();
  }

  @Test
  void anyOriginWithoutCredentialsIsTheStar() throws Exception {
    RawClient.Response answer = preflight(ANYONE, "https://x.example", "PUT", "x-a, x-b");

    assertThat(answer.field("access-control-allow-origin")).isEqualTo("*");
    assertThat(answer.field("access-control-allow-methods")).isEqualTo("PUT");
    assertThat(answer.field("access-control-allow-headers")).isEqualTo("x-a, x-b");
    assertThat(answer.field("access-control-allow-credentials")).isNull();
    assertThat(answer.field("vary")).isNull();
  }

  @Test
  void anyOriginWithCredentialsIsNamed() throws Exception {
    RawClient.Response answer =
        preflight(ANYONE_WITH_CREDENTIALS, "https://x.example", "PUT", "x-a");

    assertThat(answer.field("access-control-allow-origin")).isEqualTo("https://x.example");
    assertThat(answer.field("access-control-allow-credentials")).isEqualTo("true");
  }

  @Test
  void aRequestWithCredentialsIsNeverAnsweredWithTheStar() throws Exception {
    RawClient.Response answer = get(ANYONE, "Origin: https://x.example\r\nCookie: a=b\r\n", "");

    assertThat(answer.field("access-control-allow-origin")).isEqualTo("https://x.example");
    assertThat(answer.field("access-control-allow-credentials")).isNull();
    assertThat(answer.field("vary")).isEqualTo("Origin");
  }

  @Test
  void whatTheBackendSaysOfOriginsIsReplaced() throws Exception {
    RawClient.Response answer =
        get(SHOP, "Origin: https://www.shop.example\r\n", "Access-Control-Allow-Origin: *\r\n");

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.field("access-control-allow-origin")).isEqualTo("https://www.shop.example");
    assertThat(answer.field("access-control-expose-headers")).isEqualTo("x-three");
  }

  @Test
  void anOriginThatIsNotAllowedIsServedAndNotNamed() throws Exception {
    RawClient.Response answer =
        get(SHOP, "Origin: https://evil.example\r\n", "Access-Control-Allow-Origin: *\r\n");

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.field("access-control-allow-origin")).isNull();
    assertThat(answer.field("vary")).isEqualTo("Origin");
  }

  @Test
  void optionsWithoutTheQuestionGoToTheBackend() throws Exception {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy = TestProxy.start(table(SHOP, backend));
        RawClient client = proxy.client()) {
      client.send("OPTIONS / HTTP/1.1\r\nHost: a\r\nOrigin: https://www.shop.example\r\n\r\n");

      assertThat(client.receive().body()).startsWith("OPTIONS / HTTP/1.1");
    }
  }

  private static @Nullable String allowed(String origin) throws Exception {
    return preflight(SHOP, origin, "GET", "x-one").field("access-control-allow-origin");
  }

  private static RawClient.Response preflight(
      CorsFilter filter, String origin, String method, String headers) throws Exception {
    // A backend that answers anything would show.
    try (RawBackend backend = new RawBackend(connection -> connection.reset());
        TestProxy proxy = TestProxy.start(table(filter, backend));
        RawClient client = proxy.client()) {
      client.send(
          "OPTIONS /cart HTTP/1.1\r\nHost: a\r\nOrigin: "
              + origin
              + "\r\nAccess-Control-Request-Method: "
              + method
              + "\r\nAccess-Control-Request-Headers: "
              + headers
              + "\r\n\r\n");
      return client.receive();
    }
  }

  private static RawClient.Response get(CorsFilter filter, String request, String response)
      throws Exception {
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  connection.request();
                  connection.send("HTTP/1.1 200 OK\r\n" + response + "Content-Length: 0\r\n\r\n");
                });
        TestProxy proxy = TestProxy.start(table(filter, backend));
        RawClient client = proxy.client()) {
      client.send("GET / HTTP/1.1\r\nHost: a\r\n" + request + "\r\n");
      return client.receive();
    }
  }

  private static TestTable table(CorsFilter filter, RawBackend backend) {
    return new TestTable().filtered("/", TestTable.cluster(backend.address()), filter);
  }
}
