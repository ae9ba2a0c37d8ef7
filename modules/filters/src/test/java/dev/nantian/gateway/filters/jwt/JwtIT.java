package dev.nantian.gateway.filters.jwt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.nantian.gateway.filters.FilteredProxy;
import dev.nantian.gateway.proxy.filter.FilterConfig;
import dev.nantian.gateway.proxy.filter.InvalidFilterException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(90)
class JwtIT {
  private static final String ISSUER = "https://issuer.example";

  private static void echoHeaders(HttpExchange exchange) throws IOException {
    StringBuilder text = new StringBuilder();
    exchange
        .getRequestHeaders()
        .forEach((name, values) -> text.append(name).append('=').append(values).append('\n'));
    byte[] body = text.toString().getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(200, body.length);
    try (exchange) {
      exchange.getResponseBody().write(body);
    }
  }

  private static JWTClaimsSet.Builder claims() {
    return new JWTClaimsSet.Builder()
        .issuer(ISSUER)
        .audience("shop")
        .subject("ada")
        .claim("groups", List.of("a", "b"))
        .expirationTime(Date.from(Instant.now().plusSeconds(600)));
  }

  private static String signed(ECKey key, JWTClaimsSet claims) throws Exception {
    SignedJWT jwt =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.ES256).keyID(key.getKeyID()).build(), claims);
    jwt.sign(new ECDSASigner(key));
    return jwt.serialize();
  }

  private static ECKey key(String id) throws Exception {
    return new ECKeyGenerator(Curve.P_256).keyID(id).generate();
  }

  private static String config(String keys) {
    return """
        {"issuer": "%s", "audiences": ["shop"], "algorithms": ["ES256"], %s,
         "claimsToHeaders": [{"claim": "sub", "header": "X-User"},
                             {"claim": "groups", "header": "X-Groups"}],
         "forwardToken": false, "realm": "shop"}"""
        .formatted(ISSUER, keys);
  }

  private static String given(ECKey... keys) {
    String set = new JWKSet(List.of(keys)).toString(true);
    return "\"jwks\": \"" + set.replace("\"", "\\\"") + "\"";
  }

  @Test
  void letsGoodTokensPassWithTheirClaimsAndNothingForged() throws Exception {
    ECKey key = key("k1");
    try (FilteredProxy proxy =
        new FilteredProxy(JwtIT::echoHeaders, new String[] {"jwt", config(given(key))})) {
      HttpResponse<byte[]> response =
          proxy.get(
              "/",
              "Authorization",
              "Bearer " + signed(key, claims().build()),
              "X-User",
              "root",
              "X_Groups",
              "root");

      String received = new String(response.body(), StandardCharsets.UTF_8);
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(received.toLowerCase(java.util.Locale.ROOT))
          .contains("x-user=[ada]", "x-groups=[a,b]")
          .doesNotContain("root", "bearer");
    }
  }

  @Test
  void refusesEverythingElseAndSaysWhy() throws Exception {
    ECKey key = key("k1");
    ECKey stranger = key("k1");
    JWTClaimsSet good = claims().build();
    SignedJWT symmetric = new SignedJWT(new JWSHeader(JWSAlgorithm.HS256), good);
    symmetric.sign(
        new MACSigner(key.toPublicJWK().toJSONString().getBytes(StandardCharsets.UTF_8)));
    Instant now = Instant.now();
    String[][] cases = {
      {"", "expected one Authorization"},
      {"Basic abc", "expected a bearer"},
      {"Bearer abc", "malformed token"},
      {"Bearer " + new PlainJWT(good).serialize(), "malformed token"},
      {"Bearer " + symmetric.serialize(), "signature algorithm not allowed"},
      {"Bearer " + signed(stranger, good), "wrong signature"},
      {"Bearer " + signed(key("other"), good), "unknown key"},
      {"Bearer " + signed(key, claims().issuer("x").build()), "wrong issuer"},
      {"Bearer " + signed(key, claims().audience("x").build()), "wrong audience"},
      {"Bearer " + signed(key, claims().expirationTime(null).build()), "token without expiry"},
      {
        "Bearer " + signed(key, claims().expirationTime(Date.from(now.minusSeconds(61))).build()),
        "token expired"
      },
      {
        "Bearer " + signed(key, claims().notBeforeTime(Date.from(now.plusSeconds(120))).build()),
        "token not valid yet"
      },
    };
    try (FilteredProxy proxy =
        new FilteredProxy(JwtIT::echoHeaders, new String[] {"jwt", config(given(key))})) {
      for (String[] wrong : cases) {
        HttpResponse<byte[]> response =
            wrong[0].isEmpty() ? proxy.get("/") : proxy.get("/", "Authorization", wrong[0]);
        assertThat(response.statusCode()).as(wrong[1]).isEqualTo(401);
        assertThat(new String(response.body(), StandardCharsets.UTF_8))
            .isEqualTo("401 " + wrong[1] + "\n");
        assertThat(response.headers().firstValue("WWW-Authenticate").orElse(""))
            .startsWith("Bearer realm=\"shop\"");
      }
      String late = signed(key, claims().expirationTime(Date.from(now.minusSeconds(30))).build());
      assertThat(proxy.get("/", "Authorization", "bearer " + late).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void fetchesKeysOnceAndAgainForAnUnknownOne() throws Exception {
    ECKey first = key("first");
    ECKey second = key("second");
    AtomicInteger fetches = new AtomicInteger();
    AtomicReference<String> set = new AtomicReference<>(new JWKSet(first).toString(true));
    HttpServer issuer =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
    issuer.createContext(
        "/keys",
        exchange -> {
          fetches.incrementAndGet();
          byte[] body = set.get().getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          try (exchange) {
            exchange.getResponseBody().write(body);
          }
        });
    issuer.start();
    String uri = "http://127.0.0.1:" + issuer.getAddress().getPort() + "/keys";
    try (FilteredProxy proxy =
        new FilteredProxy(
            JwtIT::echoHeaders, new String[] {"jwt", config("\"jwksUri\": \"" + uri + "\"")})) {
      String good = "Bearer " + signed(first, claims().build());

      assertThat(proxy.get("/", "Authorization", good).statusCode()).isEqualTo(200);
      assertThat(proxy.get("/", "Authorization", good).statusCode()).isEqualTo(200);
      assertThat(fetches).hasValue(1);
      String unknown = "Bearer " + signed(second, claims().build());
      assertThat(proxy.get("/", "Authorization", unknown).statusCode()).isEqualTo(401);
      assertThat(fetches).hasValue(1); // asked for lately
    } finally {
      issuer.stop(0);
    }
  }

  @Test
  void failsClosedWithoutKeys() throws Exception {
    try (FilteredProxy proxy =
        new FilteredProxy(
            JwtIT::echoHeaders,
            new String[] {"jwt", config("\"jwksUri\": \"http://127.0.0.1:1/keys\"")})) {
      String token = "Bearer " + signed(key("k"), claims().build());

      assertThat(proxy.get("/", "Authorization", token).statusCode()).isEqualTo(503);
      assertThat(proxy.get("/").statusCode()).isEqualTo(401);
    }
  }

  @Test
  void namesWhatIsWrongWithAConfiguration() {
    for (String[] wrong :
        new String[][] {
          {"{}", "issuer: none"},
          {"{\"issuer\": \"x\"}", "jwks, jwksUri: expected exactly one of them"},
          {"{\"issuer\": \"x\", \"jwksUri\": \"ftp://x/y\"}", "jwksUri: ftp://x/y"},
          {"{\"issuer\": \"x\", \"jwks\": \"[]\"}", "jwks: not a JWK Set"},
          {"{\"issuer\": \"x\", \"jwks\": \"{}\", \"algorithms\": [\"none\"]}", "algorithms: none"},
          {
            "{\"issuer\": \"x\", \"jwks\": \"{}\", \"algorithms\": [\"HS256\"]}",
            "algorithms: HS256"
          },
        }) {
      assertThatThrownBy(
              () -> new JwtFactory().create(new FilterConfig("a/b", wrong[0], List.of())))
          .isInstanceOf(InvalidFilterException.class)
          .hasMessageContaining(wrong[1]);
    }
  }
}
