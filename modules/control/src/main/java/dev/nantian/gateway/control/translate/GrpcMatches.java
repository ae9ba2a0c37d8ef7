package dev.nantian.gateway.control.translate;

import static dev.nantian.gateway.control.translate.Conditions.orEmpty;

import com.google.re2j.Pattern;
import dev.nantian.gateway.protocol.config.v1.HttpMatch;
import dev.nantian.gateway.protocol.config.v1.PathMatch;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GRPCHeaderMatch;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GRPCMethodMatch;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GRPCRouteMatch;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPHeaderMatch;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPHeaderMatchBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The matches of a GRPCRoute's rule. A call of {@code pkg.Service/Method} is a request for the path
 * {@code /pkg.Service/Method} (gRPC over HTTP/2, "Requests").
 */
final class GrpcMatches {
  private static final String ANY = "[^/]+";

  private GrpcMatches() {}

  static RouteRules.Matches of(String path, List<GRPCRouteMatch> matches) {
    List<HttpMatch> translated = new ArrayList<>();
    Optional<UnsupportedException> refusal = Optional.empty();
    for (int i = 0; i < matches.size(); i++) {
      try {
        translated.add(of(path + ".matches[" + i + "]", matches.get(i)));
      } catch (UnsupportedException e) {
        refusal = refusal.or(() -> Optional.of(e));
      }
    }
    if (matches.isEmpty()) {
      translated.add(RouteRules.EVERYTHING);
    }
    return new RouteRules.Matches(translated, refusal);
  }

  private static HttpMatch of(String path, GRPCRouteMatch match) throws UnsupportedException {
    HttpMatch.Builder message = HttpMatch.newBuilder();
    message.setPath(path(path + ".method", match.getMethod()));
    RouteMatches.addHeaders(path + ".headers", headers(match), message);
    return message.build();
  }

  private static PathMatch path(String path, @Nullable GRPCMethodMatch match)
      throws UnsupportedException {
    String service = match == null ? "" : Objects.requireNonNullElse(match.getService(), "");
    String method = match == null ? "" : Objects.requireNonNullElse(match.getMethod(), "");
    if (service.isEmpty() && method.isEmpty()) {
      return PathMatch.newBuilder().setPrefix("/").build();
    }
    String type = match == null || match.getType() == null ? "Exact" : match.getType();
    return switch (type) {
      case "Exact" -> {
        if (service.isEmpty()) {
          yield PathMatch.newBuilder().setRegex("/" + ANY + "/" + Pattern.quote(method)).build();
        }
        yield method.isEmpty()
            ? PathMatch.newBuilder().setPrefix("/" + service).build()
            : PathMatch.newBuilder().setExact("/" + service + "/" + method).build();
      }
      case "RegularExpression" -> {
        RouteMatches.regex(path + ".service", service);
        RouteMatches.regex(path + ".method", method);
        yield PathMatch.newBuilder().setRegex("/" + part(service) + "/" + part(method)).build();
      }
      default ->
          throw UnsupportedException.value(
              path + ".type", type + " (expected Exact or RegularExpression)");
    };
  }

  private static String part(String regex) {
    return regex.isEmpty() ? ANY : "(?:" + regex + ")";
  }

  private static List<HTTPHeaderMatch> headers(GRPCRouteMatch match) {
    List<HTTPHeaderMatch> headers = new ArrayList<>();
    for (GRPCHeaderMatch header : orEmpty(match.getHeaders())) {
      headers.add(
          new HTTPHeaderMatchBuilder()
              .withName(header.getName())
              .withType(header.getType())
              .withValue(header.getValue())
              .build());
    }
    return headers;
  }
}
