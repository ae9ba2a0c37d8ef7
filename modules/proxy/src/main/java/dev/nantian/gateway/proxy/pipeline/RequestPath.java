package dev.nantian.gateway.proxy.pipeline;

import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.filter.RedirectAction;
import dev.nantian.gateway.proxy.filter.RewriteAction;
import dev.nantian.gateway.proxy.http.FieldNames;
import dev.nantian.gateway.proxy.http.HttpVersion;
import dev.nantian.gateway.proxy.http.RequestHead;
import dev.nantian.gateway.proxy.http.WebSocketHandshake;
import dev.nantian.gateway.proxy.route.ListenerEntry;
import dev.nantian.gateway.proxy.route.ListenerTable;
import dev.nantian.gateway.proxy.route.RouteTarget;
import dev.nantian.gateway.proxy.route.RuleAction;
import dev.nantian.gateway.proxy.route.WeightedBackends;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.japi.function.Function;
import org.apache.pekko.stream.ClosedShape;
import org.apache.pekko.stream.javadsl.GraphDSL;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.RunnableGraph;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;

/**
 * The way of every request, from its head to the response's head, top to bottom.
 *
 * <p>One stream with three ingresses, for the life of a listening socket on one loop. Its elements
 * are exchanges whose head is complete; bodies do not pass here. A step that answers the request
 * itself or fails ends the exchange, and later steps leave it alone. No step waits: what takes time
 * parks the exchange outside and lets it in again.
 */
final class RequestPath {
  /** A running stream. */
  record Handle(Ingress requests, Ingress resumed, Ingress responses, CompletionStage<Void> ended) {
    void stop() {
      requests.complete();
      resumed.complete();
      responses.complete();
    }
  }

  /** What happens to an exchange at one place of the path. */
  private interface Step {
    void apply(Exchange exchange);
  }

  private RequestPath() {}

  static RunnableGraph<Handle> blueprint(String name) {
    RunnableGraph<Pair<Ingress, CompletionStage<Done>>> requests =
        Source.fromGraph(new Ingress.Stage("requests"))
            // First, so that routes and filters see only what may be believed.
            .map(step(RequestPath::sanitize))
            .map(step(RequestPath::match))
            // Before the balancer: a redirect needs no backend, and rewrites are the rule's.
            .map(step(RequestPath::filterRequest))
            .map(step(RequestPath::balance))
            .toMat(Sink.foreach(step(RequestPath::send)::apply), Keep.both());
    // A filter kept the head for a while: the same way from there on.
    RunnableGraph<Pair<Ingress, CompletionStage<Done>>> resumed =
        Source.fromGraph(new Ingress.Stage("resumed"))
            .map(step(RequestPath::filterRequest))
            .map(step(RequestPath::balance))
            .toMat(Sink.foreach(step(RequestPath::send)::apply), Keep.both());
    RunnableGraph<Pair<Ingress, CompletionStage<Done>>> responses =
        Source.fromGraph(new Ingress.Stage("responses"))
            // The backend's filters, the header changes of backend and rule, the rule's filters.
            .map(responseStep(exchange -> exchange.filters().passResponseFilters()))
            .toMat(Sink.foreach(responseStep(Exchange::respond)::apply), Keep.both());
    return RunnableGraph.<Handle>fromGraph(
            GraphDSL.create3(
                requests,
                resumed,
                responses,
                (in, again, out) ->
                    new Handle(
                        in.first(),
                        again.first(),
                        out.first(),
                        CompletableFuture.allOf(
                            in.second().toCompletableFuture(),
                            again.second().toCompletableFuture(),
                            out.second().toCompletableFuture())),
                (builder, in, again, out) -> ClosedShape.getInstance()))
        .named(name);
  }

  /** An exception ends its exchange, not the stream that all connections of the loop share. */
  private static Function<Exchange, Exchange> step(Step step) {
    return exchange -> {
      if (exchange.isRequestHere()) {
        try {
          step.apply(exchange);
        } catch (Throwable e) {
          // Errors too: a stack overflow in a filter would leave the loop's stream dead.
          exchange.onStepFailed(e);
        }
      }
      return exchange;
    };
  }

  private static Function<Exchange, Exchange> responseStep(Step step) {
    return exchange -> {
      if (exchange.isResponseHere()) {
        try {
          step.apply(exchange);
        } catch (RuntimeException e) {
          exchange.onStepFailed(e);
        }
      }
      return exchange;
    };
  }

  /**
   * Replaces what the client claims about its origin (unless it is trusted), gives the request an
   * id and notes ourselves in Via if wanted. Hop-by-hop fields are gone already: the codec took
   * them.
   */
  private static void sanitize(Exchange exchange) {
    RequestHead head = exchange.request();
    Worker worker = exchange.worker();
    ForwardingSettings settings = worker.forwarding();
    ForwardedFields.apply(head, exchange.downstream(), settings.trustForwarded());
    if (!head.contains(FieldNames.X_REQUEST_ID)) {
      worker.requestIds().addTo(head);
    }
    if (head.upgradeLength() > 0
        && (exchange.requestBody().exists() || !settings.allowsUpgrade(head))) {
      if (head.version() == HttpVersion.HTTP_2) {
        exchange.answer(LocalAnswer.WEBSOCKET_OFF); // a CONNECT cannot go on as something else
        return;
      }
      head.upgrade(0, 0); // goes on as if it had not asked (RFC 9110 section 7.8)
    }
    byte[] via = settings.viaValue();
    if (via != null) {
      head.add(FieldNames.VIA, via);
    }
  }

  /** Finds listener and rule in the snapshot that the exchange entered with. */
  private static void match(Exchange exchange) {
    LocalAnswer overload = exchange.worker().overload();
    if (overload != null) {
      exchange.answer(overload);
      return;
    }
    RequestHead head = exchange.request();
    ListenerTable table = exchange.table();
    byte[] serverName = exchange.downstream().serverName();
    ListenerEntry listener =
        serverName == null
            ? table.listener(head.bytes(), head.hostOffset(), head.hostLength())
            : table.listener(serverName, 0, serverName.length);
    if (serverName != null && listener != null && isMisdirected(table, listener, head)) {
      exchange.answer(LocalAnswer.MISDIRECTED);
      return;
    }
    RouteTarget target = listener == null ? null : table.match(listener, head);
    if (listener == null || target == null) {
      exchange.answer(LocalAnswer.NO_ROUTE);
      return;
    }
    exchange.matched(listener, target);
  }

  /**
   * The handshake was with one listener and the request is for a host of another (RFC 9110 section
   * 15.5.20, Gateway.spec.listeners): a client that uses a connection for several hosts, because a
   * certificate covers them, opens one for this host and tries again.
   */
  private static boolean isMisdirected(
      ListenerTable table, ListenerEntry handshake, RequestHead head) {
    ListenerEntry own = table.listener(head.bytes(), head.hostOffset(), head.hostLength());
    return own != null && !own.id().equals(handshake.id());
  }

  /**
   * The rule's filters see what the client sent; then come the rule's own changes. Header changes
   * first, so that they cannot undo what a rewrite does to Host.
   */
  private static void filterRequest(Exchange exchange) {
    if (exchange.upstream().isRouted() || !exchange.filters().passRuleFilters()) {
      return;
    }
    RouteTarget target = exchange.target();
    RuleAction action = target.action();
    RequestHead head = exchange.request();
    action.requestEdits().applyTo(head);
    RedirectAction redirect = action.redirect();
    if (redirect != null) {
      byte[] location =
          redirect.location(
              head,
              exchange.downstream().isTls(),
              exchange.listener().port(),
              target.prefixLength());
      exchange.redirect(redirect.status(), location);
      return;
    }
    RewriteAction rewrite = action.rewrite();
    if (rewrite != null) {
      rewrite.applyTo(head, target.prefixLength());
    }
  }

  /**
   * One of the rule's backends by weight, its own header changes and filters, then one of its
   * endpoints by its policy.
   */
  private static void balance(Exchange exchange) {
    if (!exchange.upstream().isRouted()) {
      route(exchange);
    }
    if (exchange.isRequestHere() && exchange.filters().passBackendFilters()) {
      if (exchange.cluster().protocol() == Cluster.Protocol.OPAQUE) {
        exchange.answer(LocalAnswer.UNSUPPORTED_PROTOCOL);
      } else if (isUpgradeKnown(exchange)) {
        exchange.balance();
      }
    }
  }

  /**
   * What HTTP/1.1 upgrades to, HTTP/2 backends know by extended CONNECT only, and that for
   * WebSocket only (RFC 8441); its key is then ours to answer. Anything else goes on as if it had
   * not asked.
   *
   * @return false if the request was answered
   */
  private static boolean isUpgradeKnown(Exchange exchange) {
    RequestHead head = exchange.request();
    if (head.upgradeLength() == 0 || exchange.cluster().protocol() != Cluster.Protocol.HTTP2) {
      return true;
    }
    if (!WebSocketHandshake.isAskedBy(head)) {
      head.upgrade(0, 0);
    } else if (head.version() != HttpVersion.HTTP_2 && WebSocketHandshake.keyOf(head) == null) {
      exchange.answer(LocalAnswer.BAD_WEBSOCKET_KEY);
      return false;
    }
    return true;
  }

  private static void route(Exchange exchange) {
    Cluster chosen = exchange.filters().chosen();
    if (chosen != null) {
      exchange.upstream().routed(WeightedBackends.Backend.of(chosen), chosen);
      return;
    }
    WeightedBackends backends = exchange.target().action().backends();
    long total = backends.totalWeight();
    if (total == 0) {
      exchange.answer(LocalAnswer.NO_BACKEND);
      return;
    }
    WeightedBackends.Backend backend = exchange.sessionBackend(backends);
    if (backend == null) {
      backend = backends.pick(exchange.worker().pools().ticket(total));
    }
    Cluster cluster = backend.cluster();
    if (cluster == null) {
      exchange.answer(backend.failureStatus(), LocalAnswer.BACKEND_UNRESOLVED.text());
      return;
    }
    if (!cluster.tlsFailure().isEmpty()) {
      exchange.answer(LocalAnswer.BACKEND_TLS); // never cleartext instead
      return;
    }
    backend.requestEdits().applyTo(exchange.request());
    exchange
        .upstream()
        .routed(backend, cluster.as(protocol(exchange, cluster), exchange.listener().backendKey()));
  }

  /** Only an HTTP/1.1 connection can change its protocol: none is offered by ALPN beside it. */
  private static Cluster.Protocol protocol(Exchange exchange, Cluster cluster) {
    return cluster.protocol() == Cluster.Protocol.NEGOTIATED
            && exchange.request().upgradeLength() > 0
        ? Cluster.Protocol.HTTP1
        : cluster.protocol();
  }

  /** Asks for a connection; the exchange writes its request once it has one. */
  private static void send(Exchange exchange) {
    exchange.upstream().connect();
  }
}
