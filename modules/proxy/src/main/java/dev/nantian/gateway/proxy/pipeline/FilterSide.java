package dev.nantian.gateway.proxy.pipeline;

import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.filter.ConfiguredFilter;
import dev.nantian.gateway.proxy.http.BodyReader;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The filters' side of one exchange: which of its two heads they have had, and whether one of them
 * keeps a head now.
 *
 * <p>A kept head is parked: the steps of {@link RequestPath} leave the exchange alone until the
 * filter lets it go on in the stream. What passes from filter to filter is in the {@link
 * FilterChain}, which only exchanges with filters have.
 *
 * <p>Touched by its event loop only; reused with its exchange.
 */
final class FilterSide {
  private final Exchange exchange;
  private final Worker worker;
  private @Nullable FilterChain chain; // null on routes without
  private @Nullable Cluster chosen; // by a filter, instead of the rule's backends
  private boolean ruleBegun;
  private boolean backendBegun;
  private boolean inRequestStep;
  private boolean requestParked;
  private boolean inResponseStep;
  private boolean responseParked;
  private boolean responseSeen;
  private boolean responsePassed;

  FilterSide(Exchange exchange, Worker worker) {
    this.exchange = exchange;
    this.worker = worker;
  }

  /** A request is about to be received. */
  void clear() {
    chain = null;
    chosen = null;
    ruleBegun = false;
    backendBegun = false;
    inRequestStep = false;
    requestParked = false;
    inResponseStep = false;
    responseParked = false;
    responseSeen = false;
    responsePassed = false;
  }

  /** Null as long as the exchange has met no filter. */
  @Nullable FilterChain chain() {
    return chain;
  }

  /** The filters, if they have the request's body; null if it passes them by. */
  @Nullable FilterChain ofRequestBody() {
    FilterChain all = chain;
    return all != null && all.requestLane().isTouched() ? all : null;
  }

  /** The filters, if they have the response's body; null if it passes them by. */
  @Nullable FilterChain ofResponseBody() {
    FilterChain all = chain;
    return all != null && all.responseLane().isTouched() ? all : null;
  }

  /** True while a filter has the request's head. */
  boolean isRequestParked() {
    return requestParked;
  }

  /** True while a filter has the response's head. */
  boolean isResponseParked() {
    return responseParked;
  }

  /** True once filters have seen a response: it cannot be replaced by that of another try. */
  boolean isResponseSeen() {
    return responseSeen;
  }

  /** What a filter wants instead of the rule's backends; null for nothing. */
  @Nullable Cluster chosen() {
    return chosen;
  }

  /** A filter wants another backend. */
  void choose(Cluster cluster) {
    UpstreamSide upstream = exchange.upstream();
    if (upstream.isRouted()) {
      upstream.routed(upstream.backend(), cluster);
    } else {
      chosen = cluster;
    }
  }

  /** Lets the rule's filters have the request's head; false if one keeps it or answers. */
  boolean passRuleFilters() {
    List<ConfiguredFilter> rule = exchange.target().action().filters();
    if (rule == null || ruleBegun) {
      return true;
    }
    ruleBegun = true;
    FilterChain begun = begin();
    requestParked = true;
    inRequestStep = true;
    begun.beginRule(rule);
    inRequestStep = false;
    return exchange.isRequestHere();
  }

  /** As {@link #passRuleFilters}, for those of the chosen backend. */
  boolean passBackendFilters() {
    List<ConfiguredFilter> ofBackend = exchange.backend().filters();
    if (ofBackend == null || backendBegun) {
      return true;
    }
    backendBegun = true;
    FilterChain begun = begin();
    requestParked = true;
    inRequestStep = true;
    begun.beginBackend(ofBackend);
    inRequestStep = false;
    return exchange.isRequestHere();
  }

  private FilterChain begin() {
    FilterChain begun = chain;
    if (begun == null) {
      begun = new FilterChain(exchange, worker.filterLoop().allocator());
      chain = begun;
    }
    return begun;
  }

  /** The request's head has passed the filters: goes on in the stream. */
  void requestPassed() {
    requestParked = false;
    if (!inRequestStep) {
      exchange.pipeline().resumed(exchange);
    }
  }

  /** Lets filters have the response's head; false if one keeps it. */
  boolean passResponseFilters() {
    FilterChain all = chain;
    if (all == null) {
      editResponse();
      return true;
    }
    if (responsePassed) {
      return true;
    }
    int status = exchange.response().status();
    boolean bodyAllowed =
        !exchange.isHead() && status != 204 && status != 304 && !exchange.isTunnel();
    responseSeen = true;
    responseParked = true;
    inResponseStep = true;
    all.beginResponse(exchange.upstream().stream().bodyKind() != BodyReader.Kind.NONE, bodyAllowed);
    inResponseStep = false;
    return exchange.isResponseHere();
  }

  /** The response's head has passed the filters: goes on in the stream. */
  void responsePassed() {
    responseParked = false;
    responsePassed = true;
    if (!inResponseStep) {
      exchange.pipeline().responded(exchange);
    }
  }

  /** The header changes of backend and rule. */
  void editResponse() {
    exchange.backend().responseEdits().applyTo(exchange.response());
    exchange.target().action().responseEdits().applyTo(exchange.response());
  }
}
