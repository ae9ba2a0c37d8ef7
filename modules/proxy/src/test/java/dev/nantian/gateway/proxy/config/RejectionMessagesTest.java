package dev.nantian.gateway.proxy.config;

import static dev.nantian.gateway.proxy.config.Samples.endpoints;
import static dev.nantian.gateway.proxy.config.Samples.gateway;
import static dev.nantian.gateway.proxy.config.Samples.http;
import static dev.nantian.gateway.proxy.config.Samples.route;
import static dev.nantian.gateway.proxy.config.Samples.service;
import static dev.nantian.gateway.proxy.config.Samples.update;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.google.protobuf.Duration;
import com.google.protobuf.Message;
import dev.nantian.gateway.protocol.config.v1.BackendFailure;
import dev.nantian.gateway.protocol.config.v1.Header;
import dev.nantian.gateway.protocol.config.v1.HeaderModifier;
import dev.nantian.gateway.protocol.config.v1.HttpFilter;
import dev.nantian.gateway.protocol.config.v1.HttpRoute;
import dev.nantian.gateway.protocol.config.v1.HttpRule;
import dev.nantian.gateway.protocol.config.v1.PathMatch;
import dev.nantian.gateway.protocol.config.v1.PathRewrite;
import dev.nantian.gateway.protocol.config.v1.Redirect;
import dev.nantian.gateway.protocol.config.v1.UrlRewrite;
import dev.nantian.gateway.protocol.config.v1.ValueMatch;
import dev.nantian.gateway.proxy.tls.TlsContexts;
import java.net.InetAddress;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every refusal names the object, the field as a person wrote it, the value and the expectation.
 */
class RejectionMessagesTest {
  private static final String RULE = "HTTPRoute ns/r rules[0]";

  static Stream<Arguments> badResources() {
    return Stream.of(
        rule(
            r -> r.getMatchesBuilder(0).setPath(PathMatch.newBuilder().setRegex("/(a")),
            RULE
                + ".matches[0].path.value: \"/(a\" (expected an RE2 expression: error parsing"
                + " regexp: missing closing ): `/(a`)"),
        rule(
            r -> r.getMatchesBuilder(0).setPath(PathMatch.newBuilder().setPrefix("a")),
            RULE + ".matches[0].path.value: \"a\" (expected a path that starts with /)"),
        rule(
            r -> r.getMatchesBuilder(0).setPath(PathMatch.newBuilder().setExact("/a?b")),
            RULE + ".matches[0].path.value: \"/a?b\" (expected visible ASCII without ? and #)"),
        rule(
            r -> r.getMatchesBuilder(0).addHeaders(ValueMatch.newBuilder().setName("a b")),
            RULE
                + ".matches[0].headers[0].name: \"a b\" (expected a token of RFC 9110 section"
                + " 5.6.2)"),
        rule(
            r -> r.getMatchesBuilder(0).addQueryParams(ValueMatch.newBuilder().setName("q")),
            RULE
                + ".matches[0].queryParams[0].value: \"\" (expected an exact value or an"
                + " expression)"),
        rule(
            r -> r.getMatchesBuilder(0).setMethod("G T"),
            RULE + ".matches[0].method: \"G T\" (expected a token of RFC 9110 section 5.6.2)"),
        rule(HttpRule.Builder::clearMatches, RULE + ".matches: none (expected at least one)"),
        rule(
            r -> r.getBackendsBuilder(0).setWeight(1_000_001),
            RULE + ".backendRefs[0].weight: 1000001 (expected 0 to 1000000)"),
        rule(
            r -> r.getBackendsBuilder(0).clearTarget(),
            RULE + ".backendRefs[0]: no target (expected service or failure)"),
        rule(
            r -> r.getBackendsBuilder(0).setFailure(BackendFailure.newBuilder().setStatus(200)),
            RULE + ".backendRefs[0].failure.status: 200 (expected 400 to 599)"),
        rule(
            r -> r.getBackendsBuilder(0).addFilters(redirect(b -> b.setStatus(302))),
            RULE
                + ".backendRefs[0].filters[0]: \"REDIRECT\" (expected a header modifier,"
                + " a mirror or an extension in a backendRef)"),
        rule(
            r -> r.setRequestTimeout(Duration.newBuilder().setSeconds(-1)),
            RULE + ".timeouts.request: \"-1s 0ns\" (expected 0 to 2147483647 seconds)"),
        rule(
            r -> r.addFilters(HttpFilter.getDefaultInstance()),
            RULE + ".filters[0]: unknown filter (expected a known one)"),
        rule(
            r -> r.addFilters(redirect(b -> b.setStatus(200))),
            RULE
                + ".filters[0].requestRedirect.statusCode: 200 (expected 301, 302, 303, 307 or"
                + " 308)"),
        rule(
            r -> r.addFilters(redirect(b -> b.setStatus(302).setScheme("ftp"))),
            RULE + ".filters[0].requestRedirect.scheme: \"ftp\" (expected http or https)"),
        rule(
            r -> r.addFilters(redirect(b -> b.setStatus(302).setHostname("A_b"))),
            RULE
                + ".filters[0].requestRedirect.hostname: \"A_b\" (expected a lower-case DNS"
                + " name)"),
        rule(
            r ->
                r.addFilters(redirect(b -> b.setStatus(302)))
                    .addFilters(HttpFilter.newBuilder().setUrlRewrite(UrlRewrite.newBuilder())),
            RULE + ".filters: requestRedirect and urlRewrite (expected one of them)"),
        rule(
            r -> {
              r.getMatchesBuilder(0).setPath(PathMatch.newBuilder().setExact("/a"));
              r.addFilters(
                  HttpFilter.newBuilder()
                      .setUrlRewrite(
                          UrlRewrite.newBuilder()
                              .setPath(PathRewrite.newBuilder().setReplacePrefixMatch("/b"))));
            },
            RULE
                + ".matches[0].path: \"Exact /a\" (expected PathPrefix, for a filter has"
                + " replacePrefixMatch)"),
        rule(
            r -> r.addFilters(requestHeader("Content-Length", "0")),
            RULE
                + ".filters[0].requestHeaderModifier.set[0].name: \"Content-Length\" (expected a"
                + " header that does not frame the message or the connection)"),
        rule(
            r -> r.addFilters(requestHeader("Host", "x")),
            RULE
                + ".filters[0].requestHeaderModifier.set[0].name: \"Host\" (expected"
                + " urlRewrite.hostname to change the host)"),
        rule(
            r -> r.addFilters(requestHeader("X-A", "a\r\nX-B: b")),
            RULE
                + ".filters[0].requestHeaderModifier.set[0].value: \"a??X-B: b\" (expected no"
                + " control characters)"),
        arguments(
            gateway("infra/gw", 0), "Gateway infra/gw listeners[0].port: 0 (expected 1 to 65535)"),
        arguments(
            gateway("infra/gw", 80).toBuilder().addAddresses("gw.example").build(),
            "Gateway infra/gw addresses[0].value: \"gw.example\" (expected an IP address)"),
        arguments(
            gateway("infra/gw", 80).toBuilder().addListeners(http("http", 81, "")).build(),
            "Gateway infra/gw listeners[1].name: \"http\" (expected a name of its own)"),
        arguments(
            gateway("infra/gw", 80).toBuilder().addListeners(http("b", 81, "A.b")).build(),
            "Gateway infra/gw listeners[1].hostname: \"A.b\" (expected a lower-case DNS name,"
                + " *.suffix or nothing)"),
        arguments(gateway("gw", 80), "Gateway gw name: \"gw\" (expected namespace/name)"),
        arguments(
            service("ns/s", 80, 80), "Service ns/s ports[1].port: 80 (expected each port once)"),
        arguments(
            service("ns/s", 80).toBuilder().setExternalName("a b").build(),
            "Service ns/s externalName: \"a b\" (expected a lower-case DNS name)"),
        arguments(
            endpoints("ns/s:80", "pod.example:80"),
            "ClusterLoadAssignment ns/s:80 endpoints[0].lb_endpoints[0].address:"
                + " \"pod.example\" (expected an IP address)"),
        arguments(
            endpoints("ns/s:80", "10.0.0.1:0"),
            "ClusterLoadAssignment ns/s:80 endpoints[0].lb_endpoints[0].port_value: 0 (expected 1"
                + " to 65535)"));
  }

  @ParameterizedTest
  @MethodSource("badResources")
  void badResourceIsRefusedWith(Message resource, String message) {
    // Given
    ConfigStore store = new ConfigStore(InetAddress.getLoopbackAddress(), new TlsContexts());
    // When
    ConfigStore.Applied applied = store.apply(List.of(update(resource)), Instant.EPOCH);
    // Then
    assertThat(applied.rejected())
        .extracting(ConfigStore.Rejection::message)
        .containsExactly(message);
  }

  private static Arguments rule(Consumer<HttpRule.Builder> change, String message) {
    HttpRoute.Builder route = route("ns/r", "infra/gw", "/", "ns/s").toBuilder();
    change.accept(route.getRulesBuilder(0));
    return arguments(route.build(), message);
  }

  private static HttpFilter redirect(Consumer<Redirect.Builder> change) {
    Redirect.Builder redirect = Redirect.newBuilder();
    change.accept(redirect);
    return HttpFilter.newBuilder().setRedirect(redirect).build();
  }

  private static HttpFilter requestHeader(String name, String value) {
    return HttpFilter.newBuilder()
        .setRequestHeaders(
            HeaderModifier.newBuilder().addSet(Header.newBuilder().setName(name).setValue(value)))
        .build();
  }
}
