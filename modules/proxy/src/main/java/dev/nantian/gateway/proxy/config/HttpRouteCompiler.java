package dev.nantian.gateway.proxy.config;

import static dev.nantian.gateway.proxy.config.Checks.invalid;

import dev.nantian.gateway.protocol.config.v1.Attachment;
import dev.nantian.gateway.protocol.config.v1.HttpFilter;
import dev.nantian.gateway.protocol.config.v1.HttpMatch;
import dev.nantian.gateway.protocol.config.v1.HttpRoute;
import dev.nantian.gateway.protocol.config.v1.HttpRule;
import dev.nantian.gateway.protocol.config.v1.PathMatch;
import dev.nantian.gateway.protocol.config.v1.ServiceRef;
import dev.nantian.gateway.protocol.config.v1.ValueMatch;
import dev.nantian.gateway.protocol.config.v1.WeightedBackend;
import dev.nantian.gateway.proxy.filter.FilterFactories;
import dev.nantian.gateway.proxy.filter.HeaderEdits;
import dev.nantian.gateway.proxy.http.HeaderName;
import dev.nantian.gateway.proxy.http.PathRules;
import dev.nantian.gateway.proxy.route.Candidate;
import dev.nantian.gateway.proxy.route.HeaderRule;
import dev.nantian.gateway.proxy.route.PathRule;
import dev.nantian.gateway.proxy.route.QueryRule;
import dev.nantian.gateway.proxy.route.RouteTarget;
import dev.nantian.gateway.proxy.route.RuleAction;
import dev.nantian.gateway.proxy.route.RuleTraffic;
import dev.nantian.gateway.proxy.route.ValueRule;
import dev.nantian.gateway.proxy.route.WeightedBackends;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Checks one HttpRoute message and compiles it. Pure: what it knows of services it asks.
 *
 * <p>Field names in messages are those of the HTTPRoute that a person wrote.
 */
final class HttpRouteCompiler {
  private static final String GRPC_ROUTE = "GRPCRoute/";

  /** What a backendRef leads to. */
  interface ServiceLookup {
    /**
     * The cluster of this TCP or UDP port of this service, or the reason why there is none.
     *
     * @param http2 the route needs HTTP/2 whatever the port says
     */
    Resolved resolve(String service, int port, boolean datagrams, boolean http2);
  }

  /** The answer of {@link ServiceLookup}. */
  sealed interface Resolved {
    /** The reference resolves. */
    record To(Cluster cluster) implements Resolved {}

    /** It does not. */
    record Nowhere(String reason) implements Resolved {}
  }

  private static final int MAX_WEIGHT = 1_000_000;

  private final ServiceLookup services;
  private final FilterCompiler extensions;

  HttpRouteCompiler(ServiceLookup services, FilterFactories factories) {
    this.services = services;
    this.extensions = new FilterCompiler(factories, services);
  }

  /** Names of the services that a route refers to. */
  static Set<String> services(HttpRoute route) {
    Set<String> names = new LinkedHashSet<>();
    for (HttpRule rule : route.getRulesList()) {
      addServices(rule.getFiltersList(), names);
      for (WeightedBackend backend : rule.getBackendsList()) {
        if (backend.hasService()) {
          names.add(backend.getService().getService());
        }
        addServices(backend.getFiltersList(), names);
      }
    }
    return names;
  }

  private static void addServices(List<HttpFilter> filters, Set<String> names) {
    for (HttpFilter filter : filters) {
      for (ServiceRef backend : filter.getExtension().getBackendsList()) {
        names.add(backend.getService());
      }
      if (filter.hasMirror()) {
        names.add(filter.getMirror().getService().getService());
      }
    }
  }

  /**
   * Compiles a route.
   *
   * @param statsId of the route
   * @throws InvalidResourceException if anything in it cannot be used; nothing is repaired
   */
  CompiledRoute compile(HttpRoute route, int statsId) throws InvalidResourceException {
    boolean grpc = route.getName().startsWith(GRPC_ROUTE);
    String object =
        grpc
            ? "GRPCRoute " + route.getName().substring(GRPC_ROUTE.length())
            : "HTTPRoute " + route.getName();
    Checks.objectName(
        object + " name", grpc ? route.getName().substring(GRPC_ROUTE.length()) : route.getName());
    Map<String, Set<String>> hostnames = new LinkedHashMap<>();
    for (int i = 0; i < route.getAttachmentsCount(); i++) {
      attach(object + " attachments[" + i + "]", route.getAttachments(i), hostnames);
    }
    List<Candidate> candidates = new ArrayList<>();
    for (int i = 0; i < route.getRulesCount(); i++) {
      String field = object + " rules[" + i + "]";
      HttpRule rule = route.getRules(i);
      if (rule.getMatchesCount() == 0) {
        throw new InvalidResourceException(field + ".matches: none (expected at least one)");
      }
      RuleAction action = action(field, rule, statsId);
      for (int j = 0; j < rule.getMatchesCount(); j++) {
        candidates.add(
            candidate(field + ".matches[" + j + "]", route, i, j, rule.getMatches(j), action));
      }
    }
    return new CompiledRoute(route.getName(), hostnames, List.copyOf(candidates));
  }

  private static void attach(
      String field, Attachment attachment, Map<String, Set<String>> hostnames)
      throws InvalidResourceException {
    Checks.objectName(field + ".gateway", attachment.getGateway());
    if (attachment.getHostnamesCount() == 0) {
      throw new InvalidResourceException(field + ".hostnames: none (expected at least one)");
    }
    Set<String> names =
        hostnames.computeIfAbsent(
            attachment.getGateway() + "/" + attachment.getListener(), _ -> new LinkedHashSet<>());
    for (String hostname : attachment.getHostnamesList()) {
      names.add(Checks.hostnamePattern(field + ".hostnames", hostname));
    }
  }

  private static Candidate candidate(
      String field,
      HttpRoute route,
      int ruleIndex,
      int matchIndex,
      HttpMatch match,
      RuleAction action)
      throws InvalidResourceException {
    PathRule path = path(field + ".path.value", match.getPath());
    List<HeaderRule> headers = new ArrayList<>();
    for (int i = 0; i < match.getHeadersCount(); i++) {
      ValueMatch header = match.getHeaders(i);
      String name = Checks.token(field + ".headers[" + i + "].name", header.getName());
      headers.add(
          new HeaderRule(HeaderName.of(name), value(field + ".headers[" + i + "].value", header)));
    }
    List<QueryRule> params = new ArrayList<>();
    for (int i = 0; i < match.getQueryParamsCount(); i++) {
      ValueMatch param = match.getQueryParams(i);
      if (param.getName().isEmpty()) {
        throw invalid(field + ".queryParams[" + i + "].name", "", "a name");
      }
      params.add(
          new QueryRule(param.getName(), value(field + ".queryParams[" + i + "].value", param)));
    }
    String method = match.getMethod();
    if (!method.isEmpty()) {
      Checks.token(field + ".method", method);
    }
    int prefixLength = path instanceof PathRule.Prefix(String text) ? text.length() : -1;
    if (prefixLength < 0 && replacesPrefix(action)) {
      throw invalid(
          field + ".path", path.describe(), "PathPrefix, for a filter has replacePrefixMatch");
    }
    return new Candidate(
        path,
        method.getBytes(StandardCharsets.US_ASCII),
        headers,
        params,
        route.getCreatedMillis(),
        new RouteTarget(route.getName(), ruleIndex, matchIndex, prefixLength, action));
  }

  private static boolean replacesPrefix(RuleAction action) {
    var redirect = action.redirect();
    var rewrite = action.rewrite();
    return HttpFilterCompiler.replacesPrefix(redirect == null ? null : redirect.path())
        || HttpFilterCompiler.replacesPrefix(rewrite == null ? null : rewrite.path());
  }

  private static PathRule path(String field, PathMatch match) throws InvalidResourceException {
    return switch (match.getKindCase()) {
      case EXACT -> new PathRule.Exact(PathRules.ofRule(Checks.path(field, match.getExact())));
      case PREFIX -> new PathRule.Prefix(PathRules.ofRule(Checks.path(field, match.getPrefix())));
      case REGEX -> new PathRule.Regex(Checks.regex(field, match.getRegex()));
      case KIND_NOT_SET -> new PathRule.Prefix("/");
    };
  }

  private static ValueRule value(String field, ValueMatch match) throws InvalidResourceException {
    return switch (match.getKindCase()) {
      case EXACT -> ValueRule.exact(match.getExact());
      case REGEX -> new ValueRule.Regex(Checks.regex(field, match.getRegex()));
      case KIND_NOT_SET -> throw invalid(field, "", "an exact value or an expression");
    };
  }

  private RuleAction action(String field, HttpRule rule, int statsId)
      throws InvalidResourceException {
    HttpFilterCompiler filters = new HttpFilterCompiler(extensions, services);
    for (int i = 0; i < rule.getFiltersCount(); i++) {
      filters.add(field + ".filters[" + i + "]", rule.getFilters(i));
    }
    if (filters.redirect() != null && filters.rewrite() != null) {
      throw new InvalidResourceException(
          field + ".filters: requestRedirect and urlRewrite (expected one of them)");
    }
    return new RuleAction(
        statsId,
        filters.requestEdits(),
        filters.responseEdits(),
        filters.redirect(),
        filters.rewrite(),
        Durations.millis(
            field + ".timeouts.request", rule.hasRequestTimeout(), rule.getRequestTimeout()),
        Durations.millis(
            field + ".timeouts.backendRequest",
            rule.hasBackendRequestTimeout(),
            rule.getBackendRequestTimeout()),
        backends(field, rule.getBackendsList()),
        traffic(field, rule),
        filters.extensions());
  }

  private static RuleTraffic traffic(String field, HttpRule rule) throws InvalidResourceException {
    return new RuleTraffic(
        TrafficCompiler.retry(field + ".retry", rule.hasRetry() ? rule.getRetry() : null),
        rule.hasSessionPersistence()
            ? TrafficCompiler.session(field + ".sessionPersistence", rule.getSessionPersistence())
            : null);
  }

  /**
   * Compiles backendRefs, of routes of layer 4 too.
   *
   * @param field names the rule that has them
   */
  WeightedBackends backends(String field, List<WeightedBackend> refs)
      throws InvalidResourceException {
    List<WeightedBackends.Backend> backends = new ArrayList<>();
    List<Integer> weights = new ArrayList<>();
    for (int i = 0; i < refs.size(); i++) {
      WeightedBackend backend = refs.get(i);
      String at = field + ".backendRefs[" + i + "]";
      if (backend.getWeight() < 0 || backend.getWeight() > MAX_WEIGHT) {
        throw invalid(
            at + ".weight", Integer.toUnsignedLong(backend.getWeight()), "0 to " + MAX_WEIGHT);
      }
      weights.add(backend.getWeight());
      backends.add(backend(at, backend));
    }
    return new WeightedBackends(backends, weights);
  }

  private WeightedBackends.Backend backend(String field, WeightedBackend backend)
      throws InvalidResourceException {
    HttpFilterCompiler filters = new HttpFilterCompiler(extensions, services);
    for (int i = 0; i < backend.getFiltersCount(); i++) {
      HttpFilter filter = backend.getFilters(i);
      String at = field + ".filters[" + i + "]";
      if (filter.hasRedirect() || filter.hasUrlRewrite() || filter.hasCors()) {
        throw invalid(
            at,
            filter.getKindCase(),
            "a header modifier, a mirror or an extension in a backendRef");
      }
      filters.add(at, filter);
    }
    HeaderEdits request = filters.requestEdits();
    HeaderEdits response = filters.responseEdits();
    return switch (backend.getTargetCase()) {
      case SERVICE -> {
        ServiceRef ref = backend.getService();
        Checks.objectName(field + ".name", ref.getService());
        Checks.port(field + ".port", ref.getPort());
        yield switch (services.resolve(
            ref.getService(), ref.getPort(), ref.getDatagrams(), ref.getHttp2())) {
          case Resolved.To(Cluster cluster) ->
              new WeightedBackends.Backend(cluster, 0, "", request, response, filters.extensions());
          case Resolved.Nowhere(String reason) ->
              new WeightedBackends.Backend(null, 500, reason, request, response);
        };
      }
      case FAILURE -> {
        int status = backend.getFailure().getStatus();
        if (status < 400 || status > 599) {
          throw invalid(field + ".failure.status", Integer.toUnsignedLong(status), "400 to 599");
        }
        yield new WeightedBackends.Backend(
            null, status, backend.getFailure().getReason(), request, response);
      }
      case TARGET_NOT_SET ->
          throw new InvalidResourceException(field + ": no target (expected service or failure)");
    };
  }
}
