package dev.nantian.gateway.control.translate;

import static dev.nantian.gateway.control.translate.Conditions.orEmpty;

import com.google.protobuf.Duration;
import dev.nantian.gateway.protocol.config.v1.HttpFilter;
import dev.nantian.gateway.protocol.config.v1.HttpMatch;
import dev.nantian.gateway.protocol.config.v1.HttpRoute;
import dev.nantian.gateway.protocol.config.v1.HttpRule;
import dev.nantian.gateway.protocol.config.v1.PathMatch;
import dev.nantian.gateway.protocol.config.v1.WeightedBackend;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPBackendRef;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRouteFilter;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRouteMatch;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRouteRule;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRouteTimeouts;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The rules of one route. A rule that asks for what is not served keeps its matches and answers
 * 500: to leave out a filter would change what the user's requests mean. One object for one
 * translation.
 */
final class RouteRules {
  private final RouteBackends backends;
  private final List<Problem> problems = new ArrayList<>();
  private final List<String> ignored = new ArrayList<>();
  private Optional<ListenerCheck.Refusal> refusal = Optional.empty();

  RouteRules(RouteBackends backends) {
    this.backends = backends;
  }

  /** Why the route is not accepted as it is written. */
  Optional<ListenerCheck.Refusal> refusal() {
    return refusal;
  }

  /** Fields that are not in force though the route is served. */
  List<String> ignored() {
    return ignored;
  }

  /** All problems, with those of the backends. */
  List<Problem> problems() {
    List<Problem> all = new ArrayList<>(problems);
    all.addAll(backends.problems());
    return all;
  }

  /** Translates a rule and adds it, unless none of its matches can be understood. */
  void add(String path, HTTPRouteRule rule, HttpRoute.Builder route) {
    HttpRule.Builder message =
        HttpRule.newBuilder().setName(Objects.requireNonNullElse(rule.getName(), ""));
    addMatches(path, rule, message);
    ignore(path + ".retry", rule.getRetry());
    ignore(path + ".sessionPersistence", rule.getSessionPersistence());
    if (message.getMatchesCount() == 0) {
      return;
    }
    try {
      List<HttpFilter> filters =
          RouteFilters.ofRule(path + ".filters", orEmpty(rule.getFilters()), rule.getMatches());
      addTimeouts(path + ".timeouts", rule.getTimeouts(), message);
      // Last: the references of a rule that is not served must not count as used.
      message.addAllFilters(filters).addAllBackends(backends(path, rule));
    } catch (UnsupportedException e) {
      refuse(e);
      // No backend and no redirect: every request that matches is answered 500.
      message.clearFilters().clearBackends().clearRequestTimeout().clearBackendRequestTimeout();
    }
    route.addRules(message);
  }

  private void addMatches(String path, HTTPRouteRule rule, HttpRule.Builder message) {
    List<HTTPRouteMatch> matches = orEmpty(rule.getMatches());
    for (int i = 0; i < matches.size(); i++) {
      try {
        message.addMatches(RouteMatches.of(path + ".matches[" + i + "]", matches.get(i)));
      } catch (UnsupportedException e) {
        refuse(e);
      }
    }
    if (matches.isEmpty()) {
      message.addMatches(HttpMatch.newBuilder().setPath(PathMatch.newBuilder().setPrefix("/")));
    }
  }

  private List<WeightedBackend> backends(String path, HTTPRouteRule rule) {
    List<WeightedBackend> weighted = new ArrayList<>();
    List<HTTPBackendRef> references = orEmpty(rule.getBackendRefs());
    for (int i = 0; i < references.size(); i++) {
      String at = path + ".backendRefs[" + i + "]";
      HTTPBackendRef reference = references.get(i);
      List<HTTPRouteFilter> filters = orEmpty(reference.getFilters());
      try {
        // First the filters: a reference whose filter is not served must not count as used.
        List<HttpFilter> translated = RouteFilters.ofBackend(at + ".filters", filters);
        weighted.add(backends.resolve(at, reference).addAllFilters(translated).build());
      } catch (UnsupportedException e) {
        refuse(e);
        weighted.add(
            WeightedBackend.newBuilder()
                .setWeight(Objects.requireNonNullElse(reference.getWeight(), 1))
                .setFailure(RouteBackends.failure(e.reason() + ": " + e.problem().inMessage()))
                .build());
      }
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

  private static Duration duration(long millis) {
    return Duration.newBuilder()
        .setSeconds(millis / 1000)
        .setNanos((int) (millis % 1000) * 1_000_000)
        .build();
  }

  private void ignore(String path, @Nullable Object field) {
    if (field != null) {
      problems.add(Problem.warning(path, "not served yet; the rule works without it"));
      ignored.add(path);
    }
  }

  private void refuse(UnsupportedException e) {
    problems.add(e.problem());
    if (refusal.isEmpty()) {
      refusal = Optional.of(new ListenerCheck.Refusal(e.reason(), e.problem().inMessage()));
    }
  }
}
