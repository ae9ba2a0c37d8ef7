package dev.nantian.gateway.proxy.route;

import dev.nantian.gateway.proxy.filter.ConfiguredFilter;
import dev.nantian.gateway.proxy.filter.HeaderEdits;
import dev.nantian.gateway.proxy.filter.RedirectAction;
import dev.nantian.gateway.proxy.filter.RewriteAction;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a rule does with a request, compiled.
 *
 * @param statsId dense index of the route in this process, the same across configurations: loops
 *     keep per-route counters in arrays
 * @param requestEdits header changes before the request goes upstream
 * @param responseEdits header changes before the response goes downstream
 * @param redirect answers instead of a backend
 * @param rewrite changes host and path of the forwarded request
 * @param requestTimeoutMillis from the complete request head to the complete response, 0 for none
 *     (504)
 * @param backendTimeoutMillis for one try of one backend, 0 for none (504)
 * @param backends where to, by weight
 * @param traffic tries and sessions
 * @param filters of the public API, outermost first; null for none
 */
public record RuleAction(
    int statsId,
    HeaderEdits requestEdits,
    HeaderEdits responseEdits,
    @Nullable RedirectAction redirect,
    @Nullable RewriteAction rewrite,
    long requestTimeoutMillis,
    long backendTimeoutMillis,
    WeightedBackends backends,
    RuleTraffic traffic,
    @Nullable List<ConfiguredFilter> filters) {
  /** Without filters of the public API. */
  public RuleAction(
      int statsId,
      HeaderEdits requestEdits,
      HeaderEdits responseEdits,
      @Nullable RedirectAction redirect,
      @Nullable RewriteAction rewrite,
      long requestTimeoutMillis,
      long backendTimeoutMillis,
      WeightedBackends backends,
      RuleTraffic traffic) {
    this(
        statsId,
        requestEdits,
        responseEdits,
        redirect,
        rewrite,
        requestTimeoutMillis,
        backendTimeoutMillis,
        backends,
        traffic,
        null);
  }

  /** With the default traffic policies. */
  public RuleAction(
      int statsId,
      HeaderEdits requestEdits,
      HeaderEdits responseEdits,
      @Nullable RedirectAction redirect,
      @Nullable RewriteAction rewrite,
      long requestTimeoutMillis,
      long backendTimeoutMillis,
      WeightedBackends backends) {
    this(
        statsId,
        requestEdits,
        responseEdits,
        redirect,
        rewrite,
        requestTimeoutMillis,
        backendTimeoutMillis,
        backends,
        RuleTraffic.DEFAULT);
  }
}
