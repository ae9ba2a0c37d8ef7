package dev.nantian.gateway.proxy;

import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.config.Endpoint;
import dev.nantian.gateway.proxy.filter.ConfiguredFilter;
import dev.nantian.gateway.proxy.filter.Filter;
import dev.nantian.gateway.proxy.filter.HeaderEdits;
import dev.nantian.gateway.proxy.filter.RedirectAction;
import dev.nantian.gateway.proxy.filter.RewriteAction;
import dev.nantian.gateway.proxy.http.RequestHead;
import dev.nantian.gateway.proxy.route.ListenerEntry;
import dev.nantian.gateway.proxy.route.ListenerTable;
import dev.nantian.gateway.proxy.route.RouteTarget;
import dev.nantian.gateway.proxy.route.RuleAction;
import dev.nantian.gateway.proxy.route.RuleTraffic;
import dev.nantian.gateway.proxy.route.WeightedBackends;
import dev.nantian.gateway.proxy.route.WeightedBackends.Backend;
import dev.nantian.gateway.proxy.tls.CertifiedKey;
import io.netty.handler.ssl.SslContext;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A routing table by path prefix, in insertion order, for one hostname-less listener. */
final class TestTable implements ListenerTable {
  private final Map<String, RuleAction> byPrefix = new LinkedHashMap<>();
  private final Map<String, SslContext> certificates = new LinkedHashMap<>();
  private ListenerEntry entry = new ListenerEntry("test/gateway", "http", 80, null);

  static Cluster cluster(InetSocketAddress... endpoints) {
    Cluster cluster = new Cluster("test/backend:80", Cluster.Protocol.HTTP1);
    cluster.endpoints(java.util.Arrays.stream(endpoints).map(Endpoint::new).toList());
    return cluster;
  }

  /** One whose endpoints speak HTTP/2 with prior knowledge. */
  static Cluster http2(InetSocketAddress... endpoints) {
    Cluster cluster = new Cluster("test/backend:80", Cluster.Protocol.HTTP2);
    cluster.endpoints(java.util.Arrays.stream(endpoints).map(Endpoint::new).toList());
    return cluster;
  }

  static WeightedBackends to(@Nullable Cluster cluster) {
    return new WeightedBackends(
        List.of(new Backend(cluster, 500, "no such Service", HeaderEdits.NONE, HeaderEdits.NONE)),
        List.of(1));
  }

  /** The Gateway's certificate for backends. */
  TestTable backendKey(CertifiedKey key) {
    entry = new ListenerEntry("test/gateway", "http", 80, null, ListenerEntry.Mode.HTTP, key);
    return this;
  }

  TestTable route(String prefix, Cluster cluster) {
    return rule(prefix, action(to(cluster), 0, 0));
  }

  static RuleAction action(WeightedBackends backends, long requestMillis, long backendMillis) {
    return new RuleAction(
        0, HeaderEdits.NONE, HeaderEdits.NONE, null, null, requestMillis, backendMillis, backends);
  }

  static RuleAction filtered(
      HeaderEdits request,
      HeaderEdits response,
      @Nullable RedirectAction redirect,
      @Nullable RewriteAction rewrite,
      WeightedBackends backends) {
    return new RuleAction(1, request, response, redirect, rewrite, 0, 0, backends);
  }

  /** A route with filters of the public API. */
  TestTable filtered(String prefix, Cluster cluster, Filter... filters) {
    return rule(prefix, filters(to(cluster), filters));
  }

  static RuleAction filters(WeightedBackends backends, Filter... filters) {
    List<ConfiguredFilter> configured = new ArrayList<>();
    for (Filter filter : filters) {
      configured.add(new ConfiguredFilter("test/filter-" + configured.size(), filter));
    }
    return filters(backends, configured);
  }

  static RuleAction filters(WeightedBackends backends, List<ConfiguredFilter> filters) {
    return new RuleAction(
        0,
        HeaderEdits.NONE,
        HeaderEdits.NONE,
        null,
        null,
        0,
        0,
        backends,
        RuleTraffic.DEFAULT,
        filters);
  }

  TestTable rule(String prefix, RuleAction action) {
    byPrefix.put(prefix, action);
    return this;
  }

  TestTable certificate(String serverName, SslContext context) {
    certificates.put(serverName, context);
    return this;
  }

  @Override
  public @Nullable ListenerEntry listener(byte[] host, int offset, int length) {
    if (certificates.isEmpty()) {
      return entry;
    }
    SslContext context =
        certificates.get(new String(host, offset, length, StandardCharsets.US_ASCII));
    return context == null ? null : new ListenerEntry("test/gateway", "https", 443, context);
  }

  @Override
  public @Nullable RouteTarget match(ListenerEntry listener, RequestHead head) {
    String path = head.text(head.pathOffset(), head.pathLength());
    for (Map.Entry<String, RuleAction> rule : byPrefix.entrySet()) {
      if (path.startsWith(rule.getKey())) {
        int prefix = rule.getKey().equals("/") ? 0 : rule.getKey().length();
        return new RouteTarget("test/route", 0, 0, prefix, rule.getValue());
      }
    }
    return null;
  }
}
