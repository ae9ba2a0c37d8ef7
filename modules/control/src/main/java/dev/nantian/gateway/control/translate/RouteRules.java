package dev.nantian.gateway.control.translate;

import static dev.nantian.gateway.control.translate.Conditions.orEmpty;

import com.google.protobuf.Duration;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.protocol.config.v1.HttpFilter;
import dev.nantian.gateway.protocol.config.v1.HttpMatch;
import dev.nantian.gateway.protocol.config.v1.HttpRoute;
import dev.nantian.gateway.protocol.config.v1.HttpRule;
import dev.nantian.gateway.protocol.config.v1.PathMatch;
import dev.nantian.gateway.protocol.config.v1.WeightedBackend;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPBackendRef;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRequestMirrorFilter;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRouteFilter;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRouteMatch;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRouteRule;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRouteTimeouts;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The rules of one route.
 *
 * <p>A rule that asks for what is not served is dropped (Gateway API, condition {@code
 * PartiallyInvalid}): nothing of what it says is in force. Its matches are kept where they can be
 * understood and answered 500, so that its requests do not fall through to a more general rule that
 * lacks what this one asks for, such as a filter that guards a path. One object for one
 * translation.
 */
final class RouteRules {
  /** Of a rule that names no match (HTTPRouteRule.matches, GRPCRouteRule.matches). */
  static final HttpMatch EVERYTHING =
      HttpMatch.newBuilder().setPath(PathMatch.newBuilder().setPrefix("/")).build();

  /** The matches that could be understood, and the first that could not. */
  record Matches(List<HttpMatch> understood, Optional<UnsupportedException> refusal) {}

  private final HasMetadata owner;
  private final RouteBackends backends;
  private final ExtensionRefs extensions;
  private final List<Problem> problems = new ArrayList<>();
  private final List<UnsupportedException> dropped = new ArrayList<>();
  private int valid;

  /**
   * @param owner the route, whose uid its sessions' key follows from
   */
  RouteRules(HasMetadata owner, RouteBackends backends, ExtensionRefs extensions) {
    this.owner = owner;
    this.backends = backends;
    this.extensions = extensions;
  }

  RouteBackends backends() {
    return backends;
  }

  /** What is wrong with the rules. */
  RouteStatuses.Verdict verdict() {
    Optional<Refusal> notAccepted = Optional.empty();
    Optional<Refusal> partial = Optional.empty();
    if (!dropped.isEmpty() && valid == 0) {
      UnsupportedException first = dropped.getFirst();
      notAccepted = Optional.of(new Refusal(first.reason(), first.problem().inMessage()));
    } else if (!dropped.isEmpty()) {
      partial =
          Optional.of(
              new Refusal(
                  "UnsupportedValue",
                  dropped.stream()
                      .map(rule -> "Dropped Rule " + rule.problem().inMessage())
                      .collect(Collectors.joining("; "))));
    }
    return new RouteStatuses.Verdict(
        notAccepted, partial, extensions.refusal().or(backends::refusal), List.of());
  }

  /** All problems, with those of extensions and backends. */
  List<Problem> problems() {
    List<Problem> all = new ArrayList<>(problems);
    all.addAll(extensions.problems());
    all.addAll(backends.problems());
    return all;
  }

  /** All that a route with these rules refers to. */
  static Set<ResourceKey> dependencies(RouteShape route, List<HTTPRouteRule> rules) {
    List<BackendTarget> targets = new ArrayList<>();
    rules.forEach(rule -> targets.addAll(targets(rule)));
    Set<ResourceKey> dependencies = RouteAttachments.dependencies(route, targets);
    rules.forEach(rule -> dependencies.addAll(ExtensionRefs.targets(route.key(), rule)));
    return dependencies;
  }

  /** Every Service that a rule may refer to, in backends and mirrors. */
  private static List<BackendTarget> targets(HTTPRouteRule rule) {
    List<BackendTarget> targets = new ArrayList<>(mirrored(rule.getFilters()));
    for (HTTPBackendRef reference : orEmpty(rule.getBackendRefs())) {
      targets.add(BackendTarget.of(reference));
      targets.addAll(mirrored(reference.getFilters()));
    }
    return targets;
  }

  private static List<BackendTarget> mirrored(List<HTTPRouteFilter> filters) {
    return orEmpty(filters).stream()
        .filter(
            filter ->
                filter.getRequestMirror() != null
                    && filter.getRequestMirror().getBackendRef() != null)
        .map(filter -> BackendTarget.of(filter.getRequestMirror().getBackendRef()))
        .toList();
  }

  /** Translates a rule and adds it, unless none of its matches can be understood. */
  void add(String path, HTTPRouteRule rule, HttpRoute.Builder route) {
    add(path, rule, matches(path, rule), route);
  }

  /** As {@link #add}, with matches of another kind of route. */
  void add(String path, HTTPRouteRule rule, Matches matches, HttpRoute.Builder route) {
    HttpRule.Builder message =
        HttpRule.newBuilder()
            .setName(Objects.requireNonNullElse(rule.getName(), ""))
            .addAllMatches(matches.understood());
    Optional<UnsupportedException> refusal = matches.refusal();
    if (refusal.isEmpty()) {
      try {
        List<HttpFilter> filters =
            RouteFilters.ofRule(path + ".filters", orEmpty(rule.getFilters()), rule.getMatches());
        List<List<HttpFilter>> backendFilters = backendFilters(path, rule);
        addTimeouts(path + ".timeouts", rule.getTimeouts(), message);
        addTraffic(path, rule, message);
        Optional<List<HttpFilter>> extended =
            extensions.resolve(path + ".filters", rule.getFilters());
        // Last: the references of a rule that is not served must not count as used.
        if (extended.isPresent()) {
          message
              .addAllFilters(extended.get())
              .addAllFilters(filters)
              .addAllFilters(mirrors(path + ".filters", rule.getFilters()))
              .addAllBackends(backends(path, rule, backendFilters));
        }
      } catch (UnsupportedException e) {
        refusal = Optional.of(e);
        message
            .clearRequestTimeout()
            .clearBackendRequestTimeout()
            .clearRetry()
            .clearSessionPersistence();
      }
    }
    if (refusal.isPresent()) {
      dropped.add(refusal.get());
      problems.add(refusal.get().problem());
    } else {
      valid++;
    }
    // Without backend and redirect, every request that matches is answered 500.
    if (message.getMatchesCount() > 0) {
      route.addRules(message);
    }
  }

  private static Matches matches(String path, HTTPRouteRule rule) {
    List<HttpMatch> understood = new ArrayList<>();
    Optional<UnsupportedException> refusal = Optional.empty();
    List<HTTPRouteMatch> matches = orEmpty(rule.getMatches());
    for (int i = 0; i < matches.size(); i++) {
      try {
        understood.add(RouteMatches.of(path + ".matches[" + i + "]", matches.get(i)));
      } catch (UnsupportedException e) {
        refusal = refusal.or(() -> Optional.of(e));
      }
    }
    if (matches.isEmpty()) {
      understood.add(EVERYTHING);
    }
    return new Matches(understood, refusal);
  }

  // A mirror that does not resolve is no reason not to serve the request: it is left out, and
  // ResolvedRefs says so (HTTPRequestMirrorFilter.backendRef).
  private List<HttpFilter> mirrors(String path, List<HTTPRouteFilter> filters) {
    List<HttpFilter> mirrors = new ArrayList<>();
    for (int i = 0; i < orEmpty(filters).size(); i++) {
      HTTPRequestMirrorFilter mirror = filters.get(i).getRequestMirror();
      if (mirror != null && mirror.getBackendRef() != null) {
        backends
            .service(
                path + "[" + i + "].requestMirror.backendRef",
                BackendTarget.of(mirror.getBackendRef()))
            .ifPresent(service -> mirrors.add(RouteFilters.mirror(mirror, service)));
      }
    }
    return mirrors;
  }

  private static List<List<HttpFilter>> backendFilters(String path, HTTPRouteRule rule)
      throws UnsupportedException {
    List<List<HttpFilter>> filters = new ArrayList<>();
    List<HTTPBackendRef> references = orEmpty(rule.getBackendRefs());
    for (int i = 0; i < references.size(); i++) {
      filters.add(
          RouteFilters.ofBackend(
              path + ".backendRefs[" + i + "].filters", orEmpty(references.get(i).getFilters())));
    }
    return filters;
  }

  private List<WeightedBackend> backends(
      String path, HTTPRouteRule rule, List<List<HttpFilter>> filters) {
    List<WeightedBackend> weighted = new ArrayList<>();
    List<HTTPBackendRef> references = orEmpty(rule.getBackendRefs());
    for (int i = 0; i < references.size(); i++) {
      String at = path + ".backendRefs[" + i + "]";
      BackendTarget target = BackendTarget.of(references.get(i));
      Optional<List<HttpFilter>> extended =
          extensions.resolve(at + ".filters", references.get(i).getFilters());
      if (extended.isEmpty()) {
        weighted.add(
            RouteBackends.failing(target, extensions.problems().getLast().inMessage()).build());
        continue;
      }
      weighted.add(
          backends
              .resolve(at, target)
              .addAllFilters(extended.get())
              .addAllFilters(filters.get(i))
              .addAllFilters(mirrors(at + ".filters", references.get(i).getFilters()))
              .build());
    }
    return weighted;
  }

  private static void addTimeouts(
      String path, @Nullable HTTPRouteTimeouts timeouts, HttpRule.Builder message)
      throws UnsupportedException {
    if (timeouts == null) {
      return;
    }
    long request = GatewayDuration.millis(path + ".request", timeouts.getRequest());
    long backend = GatewayDuration.millis(path + ".backendRequest", timeouts.getBackendRequest());
    if (request > 0 && backend > request) {
      throw UnsupportedException.value(
          path + ".backendRequest",
          timeouts.getBackendRequest()
              + " (expected at most the request timeout "
              + timeouts.getRequest()
              + ")");
    }
    if (request > 0) {
      message.setRequestTimeout(duration(request));
    }
    if (backend > 0) {
      message.setBackendRequestTimeout(duration(backend));
    }
  }

  private void addTraffic(String path, HTTPRouteRule rule, HttpRule.Builder message)
      throws UnsupportedException {
    if (rule.getRetry() != null) {
      message.setRetry(TrafficMessages.retry(path + ".retry", rule.getRetry()));
    }
    if (rule.getSessionPersistence() != null) {
      message.setSessionPersistence(
          SessionMessages.of(path + ".sessionPersistence", owner, rule.getSessionPersistence()));
    }
  }

  private static Duration duration(long millis) {
    return Duration.newBuilder()
        .setSeconds(millis / 1000)
        .setNanos((int) (millis % 1000) * 1_000_000)
        .build();
  }
}
