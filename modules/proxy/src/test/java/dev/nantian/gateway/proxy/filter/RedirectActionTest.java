package dev.nantian.gateway.proxy.filter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.proxy.route.Requests;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RedirectActionTest {

  /** The cases of the conformance tests RedirectPort, RedirectPortAndScheme and RedirectScheme. */
  @ParameterizedTest
  @CsvSource({
    "false, 80, , 0, http://example.org/p",
    "false, 80, , 80, http://example.org/p",
    "false, 80, , 8080, http://example.org:8080/p",
    "false, 80, https, 0, https://example.org/p",
    "false, 80, https, 443, https://example.org/p",
    "false, 80, https, 8443, https://example.org:8443/p",
    "false, 8080, , 0, http://example.org:8080/p",
    "false, 8080, , 80, http://example.org/p",
    "false, 8080, https, 0, https://example.org/p",
    "true, 443, , 0, https://example.org/p",
    "true, 443, , 443, https://example.org/p",
    "true, 443, , 8443, https://example.org:8443/p",
    "true, 443, http, 0, http://example.org/p",
    "true, 443, http, 80, http://example.org/p",
    "true, 443, http, 8080, http://example.org:8080/p",
    "true, 8443, , 0, https://example.org:8443/p",
    "false, 80, , 443, http://example.org:443/p",
  })
  void portFollowsFilterThenSchemeThenListener(
      boolean tls, int listenerPort, String scheme, int port, String expected) {
    // Given
    RedirectAction redirect = new RedirectAction(scheme, "example.org", null, port, 302);
    // When
    byte[] location =
        redirect.location(Requests.request("GET", "a.example", "/p"), tls, listenerPort, 0);
    // Then
    assertThat(new String(location, StandardCharsets.US_ASCII)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "/original-prefix/lemon, /original-prefix, http://a.example/replacement-prefix/lemon",
    "/path-and-host, /path-and-host, http://a.example/replacement-prefix",
    "/path-and-host?x=%20y, /path-and-host, http://a.example/replacement-prefix?x=%20y",
    "/path-and-host?, /path-and-host, http://a.example/replacement-prefix?",
  })
  void prefixIsReplacedAndQueryKept(String target, String prefix, String expected) {
    // Given
    RedirectAction redirect =
        new RedirectAction(null, null, PathRewrite.prefix("/replacement-prefix"), 0, 302);
    // When
    byte[] location =
        redirect.location(Requests.request("GET", "a.example", target), false, 80, prefix.length());
    // Then
    assertThat(new String(location, StandardCharsets.US_ASCII)).isEqualTo(expected);
  }

  @Test
  void requestWithoutHostGetsARelativeLocation() {
    // Given
    RedirectAction redirect = new RedirectAction(null, null, PathRewrite.full("/new"), 0, 302);
    // When
    byte[] location = redirect.location(Requests.request("GET", "", "/old"), false, 80, -1);
    // Then
    assertThat(new String(location, StandardCharsets.US_ASCII)).isEqualTo("/new");
  }
}
