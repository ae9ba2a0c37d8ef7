import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.http.javadsl.ConnectionContext;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.model.AttributeKeys;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.SystemMaterializer;

/**
 * The proxy that Pekko HTTP makes without further work: {@code bind} in front, the {@code singleRequest} pool behind.
 *
 * <p>{@code PekkoHttpProxy HTTP_PORT HTTPS_PORT KEYSTORE ROUTES}: the key store is PKCS #12 with the password "bench"; a line
 * of ROUTES is host, path prefix and port of the upstream, the longest prefix of a host first. HTTP/1.1 to upstreams only.
 */
public final class PekkoHttpProxy {
  private static final Config SETTINGS =
      ConfigFactory.parseString(
          """
          pekko.loglevel = WARNING
          pekko.http {
            server {
              enable-http2 = on
              max-connections = 20000
              backlog = 4096
              idle-timeout = 300 s
              request-timeout = infinite
              remote-address-attribute = on
            }
            host-connection-pool {
              max-connections = 2048
              max-open-requests = 8192
              idle-timeout = 300 s
            }
            client.idle-timeout = 300 s
            parsing.max-content-length = infinite
          }
          """);

  /** Fields of one hop, and those that Pekko HTTP renders itself. */
  private static final Set<String> NOT_FORWARDED =
      Set.of("connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "proxy-connection", "timeout-access", "server", "date");

  private record Route(String prefix, int port) {}

  private final Http http;
  private final Materializer materializer;
  private final Map<String, List<Route>> routes;

  private PekkoHttpProxy(Http http, Materializer materializer, Map<String, List<Route>> routes) {
    this.http = http;
    this.materializer = materializer;
    this.routes = routes;
  }

  private CompletionStage<HttpResponse> proxy(HttpRequest request) {
    Route route = match(request.getUri().getHost().address(), request.getUri().path());
    if (route == null) {
      request.discardEntityBytes(materializer);
      return CompletableFuture.completedFuture(HttpResponse.create().withStatus(404));
    }
    String client =
        request.getAttribute(AttributeKeys.remoteAddress).flatMap(a -> a.getAddress()).map(a -> a.getHostAddress()).orElse("unknown");
    List<HttpHeader> headers = forwarded(request.getHeaders());
    headers.add(RawHeader.create("x-forwarded-for", client));
    headers.add(RawHeader.create("x-request-id", UUID.randomUUID().toString()));
    HttpRequest upstream =
        HttpRequest.create()
            .withMethod(request.method())
            .withUri(request.getUri().scheme("http").host("127.0.0.1").port(route.port()))
            .withHeaders(headers)
            .withEntity(request.entity());
    return http.singleRequest(upstream).thenApply(response -> response.withHeaders(forwarded(response.getHeaders())));
  }

  private Route match(String host, String path) {
    for (Route route : routes.getOrDefault(host, List.of())) {
      if (path.startsWith(route.prefix())) {
        return route;
      }
    }
    return null;
  }

  private static List<HttpHeader> forwarded(Iterable<HttpHeader> headers) {
    var kept = new ArrayList<HttpHeader>();
    for (HttpHeader header : headers) {
      if (!NOT_FORWARDED.contains(header.lowercaseName())) {
        kept.add(header);
      }
    }
    return kept;
  }

  private static Map<String, List<Route>> read(Path file) throws IOException {
    var routes = new HashMap<String, List<Route>>();
    for (String line : Files.readAllLines(file)) {
      String[] words = line.split(" ");
      routes.computeIfAbsent(words[0], host -> new ArrayList<>()).add(new Route(words[1], Integer.parseInt(words[2])));
    }
    routes.values().forEach(list -> list.sort(Comparator.comparingInt(route -> -route.prefix().length())));
    return routes;
  }

  private static SSLContext tls(Path keyStore) throws IOException, GeneralSecurityException {
    char[] password = "bench".toCharArray();
    var keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(keyStore)) {
      keys.load(in, password);
    }
    var managers = KeyManagerFactory.getInstance("PKIX");
    managers.init(keys, password);
    var context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    return context;
  }

  public static void main(String[] arguments) throws Exception {
    ActorSystem system = ActorSystem.create("proxy", SETTINGS.withFallback(ConfigFactory.load()));
    Http http = Http.get(system);
    var proxy = new PekkoHttpProxy(http, SystemMaterializer.get(system).materializer(), read(Path.of(arguments[3])));
    http.newServerAt("127.0.0.1", Integer.parseInt(arguments[0])).bind(proxy::proxy);
    http.newServerAt("127.0.0.1", Integer.parseInt(arguments[1]))
        .enableHttps(ConnectionContext.httpsServer(tls(Path.of(arguments[2]))))
        .bind(proxy::proxy);
  }
}
