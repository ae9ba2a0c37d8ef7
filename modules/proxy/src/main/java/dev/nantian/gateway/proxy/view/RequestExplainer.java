package dev.nantian.gateway.proxy.view;

import dev.nantian.gateway.proxy.config.ListenerSocket;
import dev.nantian.gateway.proxy.config.RuntimeConfig;
import dev.nantian.gateway.proxy.http.HttpLimits;
import dev.nantian.gateway.proxy.http.Progress;
import dev.nantian.gateway.proxy.http.RequestHead;
import dev.nantian.gateway.proxy.http.RequestHeadDecoder;
import dev.nantian.gateway.proxy.http.RequestRules;
import dev.nantian.gateway.proxy.route.CompiledListeners;
import dev.nantian.gateway.proxy.route.Explainer;
import dev.nantian.gateway.proxy.route.Explanation;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Explains a request that was described in words: it goes through the codec and the matcher that
 * serve, so what they would refuse is refused here.
 */
public final class RequestExplainer {
  private RequestExplainer() {}

  /** Explains a request under a configuration. */
  public static Explanation explain(
      RuntimeConfig config, ExplainRequest request, HttpLimits limits, RequestRules rules) {
    RequestHead head = new RequestHead();
    RequestHeadDecoder decoder = new RequestHeadDecoder(limits, rules);
    Progress progress = decoder.decode(Unpooled.wrappedBuffer(bytes(request)), head);
    if (progress != Progress.COMPLETE) {
      return unanswered(
          request,
          "not asked",
          progress == Progress.REFUSED
              ? "refused by the codec: " + decoder.refusal()
              : "not one whole request head");
    }
    CompiledListeners chosen = null;
    ListenerSocket socket = null;
    for (ListenerSocket candidate : candidates(config, request)) {
      if (candidate.listeners() instanceof CompiledListeners listeners) {
        boolean takes =
            listeners.listener(head.bytes(), head.hostOffset(), head.hostLength()) != null;
        if (chosen == null || takes) {
          chosen = listeners;
          socket = candidate;
        }
        if (takes) {
          break;
        }
      }
    }
    if (chosen == null || socket == null) {
      return unanswered(
          request,
          "no socket for "
              + (request.scheme() == null ? "http or https" : request.scheme())
              + (request.port() == null ? "" : " on port " + request.port()),
          "the connection is refused");
    }
    return Explainer.explain(chosen, socket.tls(), socket.address().getPort(), head);
  }

  private static Explanation unanswered(
      ExplainRequest request, String listenerReason, String outcome) {
    return new Explanation(
        new Explanation.Request(
            orEmpty(request.scheme()),
            request.port() == null ? 0 : request.port(),
            request.method(),
            request.host(),
            request.target(),
            ""),
        null,
        listenerReason,
        List.of(),
        null,
        outcome);
  }

  private static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }

  private static List<ListenerSocket> candidates(RuntimeConfig config, ExplainRequest request) {
    List<ListenerSocket> fitting = new ArrayList<>();
    for (ListenerSocket socket : config.sockets()) {
      String scheme = socket.tls() ? "https" : "http";
      boolean schemeFits = request.scheme() == null || request.scheme().equals(scheme);
      boolean portFits = request.port() == null || request.port() == socket.address().getPort();
      if (schemeFits && portFits) {
        fitting.add(socket);
      }
    }
    return fitting;
  }

  private static byte[] bytes(ExplainRequest request) {
    StringBuilder text = new StringBuilder();
    text.append(request.method()).append(' ').append(request.target()).append(" HTTP/1.1\r\n");
    text.append("Host: ").append(request.host()).append("\r\n");
    for (String header : request.headers()) {
      text.append(header).append("\r\n");
    }
    return text.append("\r\n").toString().getBytes(StandardCharsets.UTF_8);
  }
}
