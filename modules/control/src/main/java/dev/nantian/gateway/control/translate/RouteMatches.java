package dev.nantian.gateway.control.translate;

import static dev.nantian.gateway.control.translate.Conditions.orEmpty;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.nantian.gateway.protocol.config.v1.HttpMatch;
import dev.nantian.gateway.protocol.config.v1.PathMatch;
import dev.nantian.gateway.protocol.config.v1.ValueMatch;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPHeaderMatch;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPPathMatch;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPQueryParamMatch;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRouteMatch;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One entry of a rule's matches. */
final class RouteMatches {
  private RouteMatches() {}

  static HttpMatch of(String path, HTTPRouteMatch match) throws UnsupportedException {
    HttpMatch.Builder message = HttpMatch.newBuilder();
    message.setPath(path(path + ".path", match.getPath()));
    addHeaders(path + ".headers", orEmpty(match.getHeaders()), message);
    addQueryParams(path + ".queryParams", orEmpty(match.getQueryParams()), message);
    if (match.getMethod() != null) {
      message.setMethod(match.getMethod());
    }
    return message.build();
  }

  private static PathMatch path(String path, @Nullable HTTPPathMatch match)
      throws UnsupportedException {
    String value = match == null || match.getValue() == null ? "/" : match.getValue();
    String type = match == null || match.getType() == null ? "PathPrefix" : match.getType();
    return switch (type) {
      case "Exact" -> PathMatch.newBuilder().setExact(value).build();
      case "PathPrefix" -> PathMatch.newBuilder().setPrefix(value).build();
      case "RegularExpression" ->
          PathMatch.newBuilder().setRegex(regex(path + ".value", value)).build();
      default ->
          throw UnsupportedException.value(
              path + ".type", type + " (expected Exact, PathPrefix or RegularExpression)");
    };
  }

  static void addHeaders(String path, List<HTTPHeaderMatch> headers, HttpMatch.Builder message)
      throws UnsupportedException {
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < headers.size(); i++) {
      HTTPHeaderMatch header = headers.get(i);
      String name = header.getName().toLowerCase(Locale.ROOT);
      // Of equivalent names only the first entry counts (HTTPRouteMatch.headers).
      if (seen.add(name)) {
        message.addHeaders(value(path + "[" + i + "]", name, header.getType(), header.getValue()));
      }
    }
  }

  private static void addQueryParams(
      String path, List<HTTPQueryParamMatch> params, HttpMatch.Builder message)
      throws UnsupportedException {
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < params.size(); i++) {
      HTTPQueryParamMatch param = params.get(i);
      if (seen.add(param.getName())) {
        message.addQueryParams(
            value(path + "[" + i + "]", param.getName(), param.getType(), param.getValue()));
      }
    }
  }

  private static ValueMatch value(String path, String name, @Nullable String type, String value)
      throws UnsupportedException {
    ValueMatch.Builder match = ValueMatch.newBuilder().setName(name);
    return switch (Objects.requireNonNullElse(type, "Exact")) {
      case "Exact" -> match.setExact(value).build();
      case "RegularExpression" -> match.setRegex(regex(path + ".value", value)).build();
      default ->
          throw UnsupportedException.value(
              path + ".type", type + " (expected Exact or RegularExpression)");
    };
  }

  static String regex(String path, String regex) throws UnsupportedException {
    try {
      Pattern.compile(regex);
      return regex;
    } catch (PatternSyntaxException e) {
      throw UnsupportedException.value(
          path, regex + " (expected RE2 syntax: " + e.getDescription() + ")");
    }
  }
}
