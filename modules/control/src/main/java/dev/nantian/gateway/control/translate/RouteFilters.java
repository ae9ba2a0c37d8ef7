package dev.nantian.gateway.control.translate;

import static dev.nantian.gateway.control.translate.Conditions.orEmpty;

import dev.nantian.gateway.protocol.config.v1.Cors;
import dev.nantian.gateway.protocol.config.v1.Header;
import dev.nantian.gateway.protocol.config.v1.HeaderModifier;
import dev.nantian.gateway.protocol.config.v1.HttpFilter;
import dev.nantian.gateway.protocol.config.v1.Mirror;
import dev.nantian.gateway.protocol.config.v1.PathRewrite;
import dev.nantian.gateway.protocol.config.v1.Redirect;
import dev.nantian.gateway.protocol.config.v1.ServiceRef;
import dev.nantian.gateway.protocol.config.v1.UrlRewrite;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.Fraction;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPCORSFilter;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPHeader;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPHeaderFilter;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPPathModifier;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRequestMirrorFilter;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRequestRedirectFilter;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRouteFilter;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRouteMatch;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPURLRewriteFilter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The filters of a rule or of a backendRef; mirrors and extensions are only checked, for they refer
 * to other objects.
 */
final class RouteFilters {
  private static final int DEFAULT_REDIRECT = 302;
  // HTTPCORSFilter.maxAge and Fraction.denominator, if absent.
  private static final int DEFAULT_MAX_AGE = 5;
  private static final int DENOMINATOR = 100;

  private RouteFilters() {}

  /**
   * @param matches of the rule, null for the default
   */
  static List<HttpFilter> ofRule(
      String path, List<HTTPRouteFilter> filters, @Nullable List<HTTPRouteMatch> matches)
      throws UnsupportedException {
    List<HttpFilter> translated = new ArrayList<>();
    boolean redirects = false;
    boolean rewrites = false;
    for (int i = 0; i < filters.size(); i++) {
      HTTPRouteFilter filter = filters.get(i);
      String at = path + "[" + i + "]";
      switch (filter.getType()) {
        case "RequestHeaderModifier", "ResponseHeaderModifier" ->
            translated.add(headerModifier(at, filter));
        case "RequestRedirect" -> {
          redirects = true;
          HTTPRequestRedirectFilter redirect =
              present(at + ".requestRedirect", filter.getRequestRedirect());
          checkPrefix(at + ".requestRedirect.path", redirect.getPath(), matches);
          translated.add(HttpFilter.newBuilder().setRedirect(redirect(at, redirect)).build());
        }
        case "URLRewrite" -> {
          rewrites = true;
          HTTPURLRewriteFilter rewrite = present(at + ".urlRewrite", filter.getUrlRewrite());
          checkPrefix(at + ".urlRewrite.path", rewrite.getPath(), matches);
          translated.add(HttpFilter.newBuilder().setUrlRewrite(rewrite(at, rewrite)).build());
        }
        case "CORS" ->
            translated.add(
                HttpFilter.newBuilder()
                    .setCors(cors(present(at + ".cors", filter.getCors())))
                    .build());
        case "RequestMirror" -> checkMirror(at, filter);
        case "ExtensionRef" -> present(at + ".extensionRef", filter.getExtensionRef());
        default ->
            throw UnsupportedException.value(
                at + ".type",
                filter.getType()
                    + " (expected RequestHeaderModifier, ResponseHeaderModifier, RequestRedirect,"
                    + " URLRewrite, RequestMirror, CORS or ExtensionRef; others are not served yet)");
      }
    }
    if (redirects && rewrites) {
      throw new UnsupportedException(
          "IncompatibleFilters",
          Problem.error(path, "RequestRedirect and URLRewrite (expected one of them in a rule)"));
    }
    return translated;
  }

  static List<HttpFilter> ofBackend(String path, List<HTTPRouteFilter> filters)
      throws UnsupportedException {
    List<HttpFilter> translated = new ArrayList<>();
    for (int i = 0; i < filters.size(); i++) {
      String at = path + "[" + i + "]";
      switch (filters.get(i).getType()) {
        case "RequestHeaderModifier", "ResponseHeaderModifier" ->
            translated.add(headerModifier(at, filters.get(i)));
        case "RequestMirror" -> checkMirror(at, filters.get(i));
        case "ExtensionRef" -> present(at + ".extensionRef", filters.get(i).getExtensionRef());
        default ->
            throw UnsupportedException.value(
                at + ".type",
                filters.get(i).getType()
                    + " (expected RequestHeaderModifier, ResponseHeaderModifier,"
                    + " RequestMirror or ExtensionRef in a backendRef)");
      }
    }
    return translated;
  }

  private static void checkMirror(String at, HTTPRouteFilter filter) throws UnsupportedException {
    HTTPRequestMirrorFilter mirror = present(at + ".requestMirror", filter.getRequestMirror());
    present(at + ".requestMirror.backendRef", mirror.getBackendRef());
    Integer percent = mirror.getPercent();
    if (percent != null && (percent < 0 || percent > 100)) {
      throw UnsupportedException.value(
          at + ".requestMirror.percent", percent + " (expected 0 to 100)");
    }
    Fraction fraction = mirror.getFraction();
    if (fraction != null) {
      int denominator = Objects.requireNonNullElse(fraction.getDenominator(), DENOMINATOR);
      int numerator = Objects.requireNonNullElse(fraction.getNumerator(), 0);
      if (denominator < 1 || numerator < 0 || numerator > denominator) {
        throw UnsupportedException.value(
            at + ".requestMirror.fraction",
            numerator + "/" + denominator + " (expected a fraction from 0 to 1)");
      }
    }
  }

  /**
   * @param mirror has passed the checks of {@link #ofRule}
   */
  static HttpFilter mirror(HTTPRequestMirrorFilter mirror, ServiceRef service) {
    int numerator = 1;
    int denominator = 1;
    if (mirror.getFraction() != null) {
      numerator = Objects.requireNonNullElse(mirror.getFraction().getNumerator(), 0);
      denominator = Objects.requireNonNullElse(mirror.getFraction().getDenominator(), DENOMINATOR);
    } else if (mirror.getPercent() != null) {
      numerator = mirror.getPercent();
      denominator = DENOMINATOR;
    }
    return HttpFilter.newBuilder()
        .setMirror(
            Mirror.newBuilder()
                .setService(service)
                .setNumerator(numerator)
                .setDenominator(denominator))
        .build();
  }

  private static Cors cors(HTTPCORSFilter filter) {
    return Cors.newBuilder()
        .addAllAllowOrigins(
            orEmpty(filter.getAllowOrigins()).stream()
                .map(origin -> origin.toLowerCase(Locale.ROOT))
                .toList())
        .setAllowCredentials(Boolean.TRUE.equals(filter.getAllowCredentials()))
        .addAllAllowMethods(orEmpty(filter.getAllowMethods()))
        .addAllAllowHeaders(orEmpty(filter.getAllowHeaders()))
        .addAllExposeHeaders(orEmpty(filter.getExposeHeaders()))
        .setMaxAgeSeconds(Objects.requireNonNullElse(filter.getMaxAge(), DEFAULT_MAX_AGE))
        .build();
  }

  private static HttpFilter headerModifier(String at, HTTPRouteFilter filter)
      throws UnsupportedException {
    return filter.getType().equals("RequestHeaderModifier")
        ? HttpFilter.newBuilder()
            .setRequestHeaders(
                modifier(present(at + ".requestHeaderModifier", filter.getRequestHeaderModifier())))
            .build()
        : HttpFilter.newBuilder()
            .setResponseHeaders(
                modifier(
                    present(at + ".responseHeaderModifier", filter.getResponseHeaderModifier())))
            .build();
  }

  private static HeaderModifier modifier(HTTPHeaderFilter filter) {
    return HeaderModifier.newBuilder()
        .addAllSet(headers(filter.getSet()))
        .addAllAdd(headers(filter.getAdd()))
        .addAllRemove(orEmpty(filter.getRemove()))
        .build();
  }

  private static List<Header> headers(List<HTTPHeader> headers) {
    return orEmpty(headers).stream()
        .map(
            header ->
                Header.newBuilder().setName(header.getName()).setValue(header.getValue()).build())
        .toList();
  }

  private static Redirect redirect(String at, HTTPRequestRedirectFilter filter)
      throws UnsupportedException {
    int status = Objects.requireNonNullElse(filter.getStatusCode(), DEFAULT_REDIRECT);
    switch (status) {
      case 301, 302, 303, 307, 308 -> {}
      default ->
          throw UnsupportedException.value(
              at + ".requestRedirect.statusCode", status + " (expected 301, 302, 303, 307 or 308)");
    }
    Redirect.Builder redirect =
        Redirect.newBuilder()
            .setScheme(Objects.requireNonNullElse(filter.getScheme(), ""))
            .setHostname(Objects.requireNonNullElse(filter.getHostname(), ""))
            .setPort(Objects.requireNonNullElse(filter.getPort(), 0))
            .setStatus(status);
    if (filter.getPath() != null) {
      redirect.setPath(pathRewrite(at + ".requestRedirect.path", filter.getPath()));
    }
    return redirect.build();
  }

  private static UrlRewrite rewrite(String at, HTTPURLRewriteFilter filter)
      throws UnsupportedException {
    UrlRewrite.Builder rewrite =
        UrlRewrite.newBuilder().setHostname(Objects.requireNonNullElse(filter.getHostname(), ""));
    if (filter.getPath() != null) {
      rewrite.setPath(pathRewrite(at + ".urlRewrite.path", filter.getPath()));
    }
    return rewrite.build();
  }

  private static PathRewrite pathRewrite(String at, HTTPPathModifier path)
      throws UnsupportedException {
    return switch (path.getType()) {
      case "ReplaceFullPath" ->
          PathRewrite.newBuilder()
              .setReplaceFullPath(Objects.requireNonNullElse(path.getReplaceFullPath(), ""))
              .build();
      case "ReplacePrefixMatch" ->
          PathRewrite.newBuilder()
              .setReplacePrefixMatch(Objects.requireNonNullElse(path.getReplacePrefixMatch(), ""))
              .build();
      default ->
          throw UnsupportedException.value(
              at + ".type", path.getType() + " (expected ReplaceFullPath or ReplacePrefixMatch)");
    };
  }

  // A prefix can be replaced only where every match has one (HTTPPathModifier.replacePrefixMatch).
  private static void checkPrefix(
      String at, @Nullable HTTPPathModifier path, @Nullable List<HTTPRouteMatch> matches)
      throws UnsupportedException {
    if (path == null || !"ReplacePrefixMatch".equals(path.getType()) || matches == null) {
      return;
    }
    for (HTTPRouteMatch match : matches) {
      if (match.getPath() != null
          && match.getPath().getType() != null
          && !match.getPath().getType().equals("PathPrefix")) {
        throw UnsupportedException.value(
            at + ".type",
            "ReplacePrefixMatch with a path match of type "
                + match.getPath().getType()
                + " (expected PathPrefix in every match)");
      }
    }
  }

  private static <T> T present(String path, @Nullable T field) throws UnsupportedException {
    if (field == null) {
      throw UnsupportedException.value(path, "missing (expected it with this filter type)");
    }
    return field;
  }
}
