package dev.nantian.gateway.bench;

import com.google.re2j.Pattern;
import dev.nantian.gateway.proxy.filter.HeaderEdits;
import dev.nantian.gateway.proxy.http.HeaderName;
import dev.nantian.gateway.proxy.http.HttpLimits;
import dev.nantian.gateway.proxy.http.Progress;
import dev.nantian.gateway.proxy.http.RequestHead;
import dev.nantian.gateway.proxy.http.RequestHeadDecoder;
import dev.nantian.gateway.proxy.http.RequestRules;
import dev.nantian.gateway.proxy.route.Candidate;
import dev.nantian.gateway.proxy.route.CompiledListeners;
import dev.nantian.gateway.proxy.route.HeaderRule;
import dev.nantian.gateway.proxy.route.ListenerEntry;
import dev.nantian.gateway.proxy.route.ListenerRoutes;
import dev.nantian.gateway.proxy.route.PathRule;
import dev.nantian.gateway.proxy.route.RouteTarget;
import dev.nantian.gateway.proxy.route.RuleAction;
import dev.nantian.gateway.proxy.route.ValueRule;
import dev.nantian.gateway.proxy.route.WeightedBackends;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * From a request's head to its rule: the listener by host, then the route.
 *
 * <p>The request is for the route in the middle of the table. Each hostname has ten routes, except
 * with headers, where all routes share one path of one hostname and differ in a header.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class RouteMatcher {
  private static final int ROUTES_PER_HOST = 10;
  private static final RuleAction ACTION =
      new RuleAction(
          0,
          HeaderEdits.NONE,
          HeaderEdits.NONE,
          null,
          null,
          0,
          0,
          new WeightedBackends(List.of(), List.of()));

  /** In the table. */
  @Param({"1", "1000", "10000"})
  public int routes = 1;

  /** What a route asks of a request. */
  @Param({"prefix", "exact", "regex", "header"})
  public String kind = "prefix";

  private final RequestHead head = new RequestHead();
  private CompiledListeners table = new CompiledListeners(List.of());

  /** Compiles the table and decodes the request. */
  @Setup
  public void prepare() {
    Map<String, List<Candidate>> byHost = new LinkedHashMap<>();
    for (int i = 0; i < routes; i++) {
      byHost.computeIfAbsent(host(i), _ -> new ArrayList<>()).add(candidate(i));
    }
    var listener =
        new CompiledListeners.Listener(
            "",
            new ListenerEntry("bench/gateway", "http", 80, null),
            ListenerRoutes.NONE.with(byHost));
    table = new CompiledListeners(List.of(listener));
    int wanted = routes / 2;
    decode(
        "GET %s/items/4711 HTTP/1.1\r\nHost: %s\r\nAccept: */*\r\nX-Tenant: t%d\r\n\r\n"
            .formatted(path(wanted), host(wanted), wanted));
    RouteTarget found = match();
    if (found == null || !found.route().equals(name(wanted))) {
      throw new IllegalStateException("matched " + found + " (expected " + name(wanted) + ")");
    }
  }

  private void decode(String request) {
    var decoder = new RequestHeadDecoder(HttpLimits.DEFAULT, RequestRules.DEFAULT);
    byte[] bytes = request.getBytes(StandardCharsets.US_ASCII);
    if (decoder.decode(Unpooled.wrappedBuffer(bytes), head) != Progress.COMPLETE) {
      throw new IllegalStateException("refused: " + decoder.refusal());
    }
  }

  private String host(int route) {
    return kind.equals("header") ? "shop.test" : "h" + route / ROUTES_PER_HOST + ".test";
  }

  private String path(int route) {
    return kind.equals("header") ? "" : "/p" + route % ROUTES_PER_HOST;
  }

  private static String name(int route) {
    return "bench/route-" + route;
  }

  private Candidate candidate(int route) {
    PathRule path =
        switch (kind) {
          case "exact" -> new PathRule.Exact(path(route) + "/items/4711");
          case "regex" -> new PathRule.Regex(Pattern.compile(path(route) + "/items/[0-9]+"));
          default -> new PathRule.Prefix(path(route));
        };
    List<HeaderRule> headers =
        kind.equals("header")
            ? List.of(new HeaderRule(HeaderName.of("X-Tenant"), ValueRule.exact("t" + route)))
            : List.of();
    int prefixLength = path instanceof PathRule.Prefix(String text) ? text.length() : -1;
    var target = new RouteTarget(name(route), 0, 0, prefixLength, ACTION);
    return new Candidate(path, new byte[0], headers, List.of(), 0, target);
  }

  /** Both steps of a request in clear text. */
  @Benchmark
  public @Nullable RouteTarget match() {
    ListenerEntry listener =
        Objects.requireNonNull(table.listener(head.bytes(), head.hostOffset(), head.hostLength()));
    return table.match(listener, head);
  }
}
