package dev.nantian.gateway.filters;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import com.typesafe.config.ConfigFactory;
import dev.nantian.gateway.proxy.DataPlane;
import dev.nantian.gateway.proxy.DataPlaneSettings;
import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.config.Endpoint;
import dev.nantian.gateway.proxy.config.ListenerSocket;
import dev.nantian.gateway.proxy.config.RuntimeConfig;
import dev.nantian.gateway.proxy.filter.ConfiguredFilter;
import dev.nantian.gateway.proxy.filter.FilterConfig;
import dev.nantian.gateway.proxy.filter.FilterFactories;
import dev.nantian.gateway.proxy.filter.FilterFactory;
import dev.nantian.gateway.proxy.filter.HeaderEdits;
import dev.nantian.gateway.proxy.http.RequestHead;
import dev.nantian.gateway.proxy.loop.LoopDispatchers;
import dev.nantian.gateway.proxy.route.ListenerEntry;
import dev.nantian.gateway.proxy.route.ListenerTable;
import dev.nantian.gateway.proxy.route.RouteTarget;
import dev.nantian.gateway.proxy.route.RuleAction;
import dev.nantian.gateway.proxy.route.RuleTraffic;
import dev.nantian.gateway.proxy.route.WeightedBackends;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.jspecify.annotations.Nullable;

/** A backend, and before it a proxy whose only rule has filters, on free ports. */
public final class FilteredProxy implements AutoCloseable {
  private final HttpServer backend;
  private final ActorSystem<Void> system;
  private final DataPlane plane;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  /**
   * @param handler of the backend
   * @param filters type and configuration of each
   */
  public FilteredProxy(HttpHandler handler, String[]... filters) throws Exception {
    this(FilterFactories.installed(), handler, filters);
  }

  /**
   * @param factories of the types that may be named
   * @param handler of the backend
   * @param filters type and configuration of each
   */
  public FilteredProxy(FilterFactories factories, HttpHandler handler, String[]... filters)
      throws Exception {
    backend = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
    backend.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    backend.createContext("/", handler);
    backend.start();
    List<ConfiguredFilter> configured = new ArrayList<>();
    for (String[] filter : filters) {
      FilterFactory factory = Objects.requireNonNull(factories.get(filter[0]), filter[0]);
      configured.add(
          new ConfiguredFilter(
              "test/" + filter[0],
              factory.create(new FilterConfig("test/" + filter[0], filter[1], List.of()))));
    }
    Cluster cluster = new Cluster("test/backend:80", Cluster.Protocol.HTTP1);
    cluster.endpoints(List.of(new Endpoint(backend.getAddress())));
    RuleAction action =
        new RuleAction(
            0,
            HeaderEdits.NONE,
            HeaderEdits.NONE,
            null,
            null,
            0,
            0,
            new WeightedBackends(
                List.of(
                    new WeightedBackends.Backend(
                        cluster, 0, "", HeaderEdits.NONE, HeaderEdits.NONE)),
                List.of(1)),
            RuleTraffic.DEFAULT,
            configured);
    system =
        ActorSystem.create(
            Behaviors.empty(),
            "test",
            LoopDispatchers.config(1).withFallback(ConfigFactory.load()));
    plane = DataPlane.start(system, DataPlaneSettings.DEFAULT, new SimpleMeterRegistry());
    plane
        .apply(
            new RuntimeConfig(
                1,
                List.of(
                    new ListenerSocket(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        false,
                        new OneRule(new RouteTarget("test/route", 0, 0, 0, action))))))
        .toCompletableFuture()
        .get(20, TimeUnit.SECONDS);
  }

  private int port() {
    String bound = plane.listenerViews().getFirst().bound();
    return Integer.parseInt(bound.substring(bound.lastIndexOf(':') + 1));
  }

  /** A connection to the proxy. */
  public Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port());
    socket.setSoTimeout(10_000);
    return socket;
  }

  /** GET with header fields, name and value in turn. */
  public HttpResponse<byte[]> get(String path, String... headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path))
            .timeout(Duration.ofSeconds(20));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
  }

  @Override
  public void close() {
    client.close();
    plane.drainAndStop(Duration.ZERO).toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
    system.terminate();
    backend.stop(0);
  }

  private record OneRule(RouteTarget target) implements ListenerTable {
    private static final ListenerEntry ENTRY = new ListenerEntry("test/gateway", "http", 80, null);

    @Override
    public @Nullable ListenerEntry listener(byte[] host, int offset, int length) {
      return ENTRY;
    }

    @Override
    public @Nullable RouteTarget match(ListenerEntry listener, RequestHead head) {
      return target;
    }
  }
}
