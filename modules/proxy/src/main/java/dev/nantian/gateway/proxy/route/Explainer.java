package dev.nantian.gateway.proxy.route;

import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.filter.HeaderEdits;
import dev.nantian.gateway.proxy.filter.PathRewrite;
import dev.nantian.gateway.proxy.filter.RedirectAction;
import dev.nantian.gateway.proxy.filter.RewriteAction;
import dev.nantian.gateway.proxy.http.HeaderName;
import dev.nantian.gateway.proxy.http.RequestHead;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Runs a match with a record of every decision.
 *
 * <p>Runs the very code that serves requests, on any thread.
 */
public final class Explainer {
  private static final Pattern SECRET_NAME =
      Pattern.compile("authorization|cookie|token|secret|key|password", Pattern.CASE_INSENSITIVE);

  private Explainer() {}

  /**
   * Explains one request.
   *
   * @param listeners of the socket that the request arrives at
   * @param tls true if it arrives over TLS; its SNI is then taken to be its host
   * @param port of the socket
   * @param head as the codec would give it
   */
  public static Explanation explain(
      CompiledListeners listeners, boolean tls, int port, RequestHead head) {
    Explanation.Request request =
        new Explanation.Request(
            tls ? "https" : "http",
            port,
            head.text(head.methodOffset(), head.methodLength()),
            head.text(head.hostOffset(), head.hostLength()),
            head.text(head.pathOffset(), head.pathLength()),
            head.queryLength() < 0 ? "" : head.text(head.queryOffset(), head.queryLength()));
    ListenerEntry entry = listeners.listener(head.bytes(), head.hostOffset(), head.hostLength());
    if (entry == null) {
      return new Explanation(
          request,
          null,
          "no listener on port " + port + " has a hostname that fits " + request.host(),
          List.of(),
          null,
          tls ? "the TLS handshake is refused" : "404: no listener for this host");
    }
    String hostname = hostnameOf(listeners, entry);
    Recorder recorder = new Recorder();
    RouteTarget target = listeners.match(entry, head, recorder);
    Candidate winner = recorder.winner;
    return new Explanation(
        request,
        new Explanation.Listener(entry.gateway(), entry.name(), entry.port(), hostname),
        listenerReason(hostname),
        recorder.tables(),
        target == null || winner == null ? null : decision(target, winner),
        target == null
            ? "404: no rule of this listener fits"
            : outcome(target, head, tls, entry.port()));
  }

  private static String hostnameOf(CompiledListeners listeners, ListenerEntry entry) {
    for (CompiledListeners.Listener listener : listeners.listeners()) {
      if (listener.entry().id().equals(entry.id())) {
        return listener.hostname();
      }
    }
    throw new IllegalStateException("listener " + entry.id() + ": not in its own table");
  }

  private static String listenerReason(String hostname) {
    if (hostname.isEmpty()) {
      return "the listener without hostname takes what no other listener's hostname fits";
    }
    return hostname.startsWith("*.")
        ? "no listener has this exact hostname; " + hostname + " is the longest wildcard that fits"
        : "its hostname is exactly this host";
  }

  private static Explanation.Decision decision(RouteTarget target, Candidate winner) {
    RuleAction action = target.action();
    List<String> filters = new ArrayList<>();
    describe("request", action.requestEdits(), filters);
    RedirectAction redirect = action.redirect();
    if (redirect != null) {
      filters.add("redirect with status " + redirect.status());
    }
    RewriteAction rewrite = action.rewrite();
    if (rewrite != null) {
      describe(rewrite, filters);
    }
    describe("response", action.responseEdits(), filters);
    return new Explanation.Decision(
        target.route(),
        target.ruleIndex(),
        target.matchIndex(),
        winner.path().describe(),
        filters,
        action.requestTimeoutMillis(),
        action.backendTimeoutMillis(),
        backends(action.backends()));
  }

  private static List<Explanation.Backend> backends(WeightedBackends backends) {
    List<Explanation.Backend> result = new ArrayList<>();
    long total = backends.totalWeight();
    List<WeightedBackends.Backend> all = backends.all();
    for (int i = 0; i < all.size(); i++) {
      WeightedBackends.Backend backend = all.get(i);
      Cluster cluster = backend.cluster();
      List<String> filters = new ArrayList<>();
      describe("request", backend.requestEdits(), filters);
      describe("response", backend.responseEdits(), filters);
      result.add(
          new Explanation.Backend(
              cluster == null ? null : cluster.name(),
              backends.weight(i),
              total == 0 ? 0 : (double) backends.weight(i) / total,
              cluster == null ? backend.failureStatus() + ": " + backend.failureReason() : null,
              filters,
              cluster == null
                  ? List.of()
                  : cluster.endpoints().stream()
                      .map(
                          e ->
                              e.address().getAddress().getHostAddress()
                                  + ":"
                                  + e.address().getPort())
                      .toList()));
    }
    return result;
  }

  private static void describe(String side, HeaderEdits edits, List<String> out) {
    for (HeaderEdits.Step step : edits.steps()) {
      out.add(
          switch (step) {
            case HeaderEdits.Step.Set(HeaderName name, byte[] value) ->
                side + " header set " + name + ": " + shown(name, value);
            case HeaderEdits.Step.Add(HeaderName name, byte[] value) ->
                side + " header add " + name + ": " + shown(name, value);
            case HeaderEdits.Step.Remove(HeaderName name) -> side + " header remove " + name;
          });
    }
  }

  private static String shown(HeaderName name, byte[] value) {
    return SECRET_NAME.matcher(name.toString()).find()
        ? "(" + value.length + " bytes, not shown)"
        : new String(value, StandardCharsets.ISO_8859_1);
  }

  private static void describe(RewriteAction rewrite, List<String> out) {
    byte[] host = rewrite.host();
    if (host != null) {
      out.add("rewrite host to " + new String(host, StandardCharsets.US_ASCII));
    }
    PathRewrite path = rewrite.path();
    if (path != null) {
      out.add(
          switch (path) {
            case PathRewrite.Full(byte[] full) ->
                "rewrite path to " + new String(full, StandardCharsets.UTF_8);
            case PathRewrite.Prefix(byte[] prefix) ->
                "rewrite matched prefix to "
                    + (prefix.length == 0 ? "/" : new String(prefix, StandardCharsets.UTF_8));
          });
    }
  }

  private static String outcome(
      RouteTarget target, RequestHead head, boolean tls, int listenerPort) {
    RuleAction action = target.action();
    RedirectAction redirect = action.redirect();
    if (redirect != null) {
      byte[] location = redirect.location(head, tls, listenerPort, target.prefixLength());
      return redirect.status()
          + ": redirect to "
          + new String(location, StandardCharsets.ISO_8859_1);
    }
    WeightedBackends backends = action.backends();
    if (backends.totalWeight() == 0) {
      return "500: the rule has no backend with a weight above zero";
    }
    RequestHead forwarded = copyTarget(head);
    RewriteAction rewrite = action.rewrite();
    if (rewrite != null) {
      rewrite.applyTo(forwarded, target.prefixLength());
    }
    return String.format(
        Locale.ROOT,
        "forwarded as %s %s to %d backend%s by weight",
        head.text(head.methodOffset(), head.methodLength()),
        forwarded.text(forwarded.hostOffset(), forwarded.hostLength())
            + forwarded.text(forwarded.pathOffset(), forwarded.pathLength()),
        backends.all().size(),
        backends.all().size() == 1 ? "" : "s");
  }

  private static RequestHead copyTarget(RequestHead head) {
    RequestHead copy = new RequestHead();
    byte[] host =
        head.text(head.hostOffset(), head.hostLength()).getBytes(StandardCharsets.ISO_8859_1);
    byte[] path =
        head.text(head.pathOffset(), head.pathLength()).getBytes(StandardCharsets.ISO_8859_1);
    copy.authority(copy.append(host), host.length, head.authorityPort());
    copy.path(copy.append(path), path.length);
    return copy;
  }

  private static final class Recorder implements MatchTrace {
    private final List<String> hostnames = new ArrayList<>();
    private final List<List<Explanation.Tried>> tried = new ArrayList<>();
    private @Nullable Candidate winner;

    @Override
    public void step() {}

    @Override
    public void hostname(String hostname) {
      hostnames.add(hostname);
      tried.add(new ArrayList<>());
    }

    @Override
    public void candidate(Candidate candidate, @Nullable String failure) {
      tried
          .getLast()
          .add(
              new Explanation.Tried(
                  candidate.target().route(),
                  candidate.target().ruleIndex(),
                  candidate.target().matchIndex(),
                  candidate.path().describe(),
                  failure));
      if (failure == null) {
        winner = candidate;
      }
    }

    private List<Explanation.Table> tables() {
      List<Explanation.Table> tables = new ArrayList<>();
      for (int i = 0; i < hostnames.size(); i++) {
        tables.add(new Explanation.Table(hostnames.get(i), List.copyOf(tried.get(i))));
      }
      return tables;
    }
  }
}
