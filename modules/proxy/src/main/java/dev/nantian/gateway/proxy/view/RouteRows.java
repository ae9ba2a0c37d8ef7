package dev.nantian.gateway.proxy.view;

import dev.nantian.gateway.proxy.config.ListenerSocket;
import dev.nantian.gateway.proxy.config.RuntimeConfig;
import dev.nantian.gateway.proxy.filter.RedirectAction;
import dev.nantian.gateway.proxy.route.Candidate;
import dev.nantian.gateway.proxy.route.CompiledListeners;
import dev.nantian.gateway.proxy.route.RuleAction;
import dev.nantian.gateway.proxy.route.WeightedBackends;
import io.netty.util.NetUtil;
import java.util.ArrayList;
import java.util.List;

/** Lists the merged tables of a configuration. */
public final class RouteRows {
  private RouteRows() {}

  /** Every match of every hostname of every listener, in the order in which they are tried. */
  public static List<RouteRow> of(RuntimeConfig config) {
    List<RouteRow> rows = new ArrayList<>();
    for (ListenerSocket socket : config.sockets()) {
      if (socket.listeners() instanceof CompiledListeners compiled) {
        String address = NetUtil.toSocketAddressString(socket.address());
        for (CompiledListeners.Listener listener : compiled.listeners()) {
          listener
              .routes()
              .ordered()
              .forEach(
                  (hostname, candidates) -> {
                    for (int rank = 0; rank < candidates.size(); rank++) {
                      rows.add(
                          row(
                              listener.entry().id(),
                              address,
                              hostname,
                              rank,
                              candidates.get(rank)));
                    }
                  });
        }
      }
    }
    return rows;
  }

  private static RouteRow row(
      String listener, String address, String hostname, int rank, Candidate candidate) {
    return new RouteRow(
        listener,
        address,
        hostname,
        rank,
        candidate.target().route(),
        candidate.target().ruleIndex(),
        candidate.target().matchIndex(),
        candidate.path().describe(),
        candidate.methodText(),
        candidate.headers().stream().map(h -> h.name() + " " + h.value().describe()).toList(),
        candidate.queryParams().stream().map(q -> q.name() + " " + q.value().describe()).toList(),
        action(candidate.target().action()));
  }

  private static String action(RuleAction action) {
    RedirectAction redirect = action.redirect();
    if (redirect != null) {
      return "redirect " + redirect.status();
    }
    WeightedBackends backends = action.backends();
    if (backends.totalWeight() == 0) {
      return "500: no backend with a weight above zero";
    }
    List<String> shares = new ArrayList<>();
    List<WeightedBackends.Backend> all = backends.all();
    for (int i = 0; i < all.size(); i++) {
      WeightedBackends.Backend backend = all.get(i);
      String to =
          backend.cluster() == null
              ? backend.failureStatus() + " (" + backend.failureReason() + ")"
              : backend.cluster().name();
      shares.add(all.size() == 1 ? to : backends.weight(i) + " x " + to);
    }
    return String.join(", ", shares);
  }
}
