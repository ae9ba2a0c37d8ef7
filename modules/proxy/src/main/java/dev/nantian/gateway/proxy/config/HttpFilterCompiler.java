package dev.nantian.gateway.proxy.config;

import static dev.nantian.gateway.proxy.config.Checks.invalid;

import dev.nantian.gateway.protocol.config.v1.Cors;
import dev.nantian.gateway.protocol.config.v1.ExtensionFilter;
import dev.nantian.gateway.protocol.config.v1.Header;
import dev.nantian.gateway.protocol.config.v1.HeaderModifier;
import dev.nantian.gateway.protocol.config.v1.HttpFilter;
import dev.nantian.gateway.protocol.config.v1.Mirror;
import dev.nantian.gateway.protocol.config.v1.Redirect;
import dev.nantian.gateway.protocol.config.v1.ServiceRef;
import dev.nantian.gateway.protocol.config.v1.UrlRewrite;
import dev.nantian.gateway.proxy.filter.ConfiguredFilter;
import dev.nantian.gateway.proxy.filter.CorsFilter;
import dev.nantian.gateway.proxy.filter.FilterBackend;
import dev.nantian.gateway.proxy.filter.HeaderEdits;
import dev.nantian.gateway.proxy.filter.MirrorFilter;
import dev.nantian.gateway.proxy.filter.PathRewrite;
import dev.nantian.gateway.proxy.filter.RedirectAction;
import dev.nantian.gateway.proxy.filter.RewriteAction;
import dev.nantian.gateway.proxy.http.HeaderName;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Collects the filters of one rule or of one backendRef, checking each. */
final class HttpFilterCompiler {
  /**
   * Fields that belong to the connection or to the framing of a message (RFC 9110 section 7.6.1,
   * RFC 9112 section 6): the codec's alone. A filter that wrote them could smuggle requests.
   */
  private static final Set<String> NOT_FOR_FILTERS =
      Set.of(
          "connection",
          "content-length",
          "keep-alive",
          "proxy-connection",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade");

  private static final long DEFAULT_PAUSE_MILLIS = 30_000;
  private static final Pattern ORIGIN =
      Pattern.compile(
          "\\*|[a-z][a-z0-9+.-]*://(\\*|(\\*\\.)?[a-z0-9.-]+|\\[[0-9a-f:.]+])(:[0-9]{1,5})?");

  private static final Set<Integer> REDIRECT_STATUSES = Set.of(301, 302, 303, 307, 308);

  private final List<HeaderEdits.Step> request = new ArrayList<>();
  private final List<HeaderEdits.Step> response = new ArrayList<>();
  private final List<ConfiguredFilter> extensions = new ArrayList<>();
  private final List<ConfiguredFilter> mirrors = new ArrayList<>();
  private final FilterCompiler extensionCompiler;
  private final HttpRouteCompiler.ServiceLookup services;
  private @Nullable ConfiguredFilter cors;
  private @Nullable RedirectAction redirect;
  private @Nullable RewriteAction rewrite;

  HttpFilterCompiler(FilterCompiler extensionCompiler, HttpRouteCompiler.ServiceLookup services) {
    this.extensionCompiler = extensionCompiler;
    this.services = services;
  }

  void add(String field, HttpFilter filter) throws InvalidResourceException {
    switch (filter.getKindCase()) {
      case REQUEST_HEADERS ->
          modifier(field + ".requestHeaderModifier", filter.getRequestHeaders(), request);
      case RESPONSE_HEADERS ->
          modifier(field + ".responseHeaderModifier", filter.getResponseHeaders(), response);
      case REDIRECT -> {
        if (redirect != null) {
          throw new InvalidResourceException(field + ": second requestRedirect (expected one)");
        }
        redirect = redirect(field + ".requestRedirect", filter.getRedirect());
      }
      case URL_REWRITE -> {
        if (rewrite != null) {
          throw new InvalidResourceException(field + ": second urlRewrite (expected one)");
        }
        rewrite = rewrite(field + ".urlRewrite", filter.getUrlRewrite());
      }
      case CORS -> {
        if (cors != null) {
          throw new InvalidResourceException(field + ": second cors (expected one)");
        }
        cors = new ConfiguredFilter(field + ".cors", cors(field + ".cors", filter.getCors()));
      }
      case MIRROR -> mirror(field + ".requestMirror", filter.getMirror());
      case EXTENSION -> extensions.add(extension(field, filter.getExtension()));
      // A filter that this version does not know must not be skipped: it may be there to protect.
      case KIND_NOT_SET ->
          throw new InvalidResourceException(field + ": unknown filter (expected a known one)");
    }
  }

  private ConfiguredFilter extension(String field, ExtensionFilter extension)
      throws InvalidResourceException {
    Checks.objectName(field + ".extensionRef", extension.getName());
    long pauseMillis = DEFAULT_PAUSE_MILLIS;
    if (extension.hasPauseTimeout()) {
      pauseMillis =
          extension.getPauseTimeout().getSeconds() * 1000
              + extension.getPauseTimeout().getNanos() / 1_000_000;
      if (pauseMillis < 1 || pauseMillis > Integer.MAX_VALUE) {
        throw invalid(
            field + ".pauseTimeout", pauseMillis + " ms", "1 to " + Integer.MAX_VALUE + " ms");
      }
    }
    return new ConfiguredFilter(
        extension.getName(),
        extensionCompiler.compile(field, extension),
        extension.getFailOpen(),
        pauseMillis);
  }

  /**
   * The filters of the public API in their order; null for none. CORS before them, for a preflight
   * has no credentials; mirrors behind them, for they get what is served.
   */
  @Nullable List<ConfiguredFilter> extensions() {
    List<ConfiguredFilter> all = new ArrayList<>();
    if (cors != null) {
      all.add(cors);
    }
    all.addAll(extensions);
    all.addAll(mirrors);
    return all.isEmpty() ? null : List.copyOf(all);
  }

  private static CorsFilter cors(String field, Cors cors) throws InvalidResourceException {
    for (int i = 0; i < cors.getAllowOriginsCount(); i++) {
      String origin = cors.getAllowOrigins(i);
      if (!ORIGIN.matcher(origin).matches()) {
        throw invalid(
            field + ".allowOrigins[" + i + "]", origin, "* or scheme://host[:port] in lower case");
      }
    }
    tokens(field + ".allowMethods", cors.getAllowMethodsList());
    tokens(field + ".allowHeaders", cors.getAllowHeadersList());
    tokens(field + ".exposeHeaders", cors.getExposeHeadersList());
    return new CorsFilter(
        cors.getAllowOriginsList(),
        cors.getAllowCredentials(),
        cors.getAllowMethodsList(),
        cors.getAllowHeadersList(),
        cors.getExposeHeadersList(),
        Integer.toUnsignedLong(cors.getMaxAgeSeconds()));
  }

  private static void tokens(String field, List<String> names) throws InvalidResourceException {
    for (int i = 0; i < names.size(); i++) {
      Checks.token(field + "[" + i + "]", names.get(i));
    }
  }

  private void mirror(String field, Mirror mirror) throws InvalidResourceException {
    long denominator = Integer.toUnsignedLong(mirror.getDenominator());
    long numerator = Integer.toUnsignedLong(mirror.getNumerator());
    if (denominator == 0 || numerator > denominator) {
      throw invalid(field + ".fraction", numerator + "/" + denominator, "a fraction from 0 to 1");
    }
    ServiceRef ref = mirror.getService();
    Checks.objectName(field + ".backendRef.name", ref.getService());
    Checks.port(field + ".backendRef.port", ref.getPort());
    // One that is not there (yet) is left out; the route is compiled again when it comes.
    if (services.resolve(ref.getService(), ref.getPort(), false, ref.getHttp2())
        instanceof HttpRouteCompiler.Resolved.To(Cluster cluster)) {
      mirrors.add(
          new ConfiguredFilter(
              field,
              new MirrorFilter(FilterBackend.of(cluster), numerator, denominator),
              true,
              DEFAULT_PAUSE_MILLIS));
    }
  }

  HeaderEdits requestEdits() {
    return edits(request);
  }

  HeaderEdits responseEdits() {
    return edits(response);
  }

  @Nullable RedirectAction redirect() {
    return redirect;
  }

  @Nullable RewriteAction rewrite() {
    return rewrite;
  }

  private static HeaderEdits edits(List<HeaderEdits.Step> steps) {
    return steps.isEmpty() ? HeaderEdits.NONE : new HeaderEdits(steps);
  }

  private static void modifier(String field, HeaderModifier modifier, List<HeaderEdits.Step> steps)
      throws InvalidResourceException {
    for (int i = 0; i < modifier.getSetCount(); i++) {
      Header header = modifier.getSet(i);
      String at = field + ".set[" + i + "]";
      steps.add(new HeaderEdits.Step.Set(name(at + ".name", header.getName()), value(at, header)));
    }
    for (int i = 0; i < modifier.getAddCount(); i++) {
      Header header = modifier.getAdd(i);
      String at = field + ".add[" + i + "]";
      steps.add(new HeaderEdits.Step.Add(name(at + ".name", header.getName()), value(at, header)));
    }
    for (int i = 0; i < modifier.getRemoveCount(); i++) {
      steps.add(
          new HeaderEdits.Step.Remove(name(field + ".remove[" + i + "]", modifier.getRemove(i))));
    }
  }

  private static HeaderName name(String field, String name) throws InvalidResourceException {
    Checks.token(field, name);
    String lower = name.toLowerCase(Locale.ROOT);
    if (NOT_FOR_FILTERS.contains(lower)) {
      throw invalid(field, name, "a header that does not frame the message or the connection");
    }
    if (lower.equals("host")) {
      throw invalid(field, name, "urlRewrite.hostname to change the host");
    }
    return HeaderName.of(name);
  }

  private static byte[] value(String field, Header header) throws InvalidResourceException {
    return Checks.fieldValue(field + ".value", header.getValue()).getBytes(StandardCharsets.UTF_8);
  }

  private static RedirectAction redirect(String field, Redirect redirect)
      throws InvalidResourceException {
    if (!REDIRECT_STATUSES.contains(redirect.getStatus())) {
      throw invalid(
          field + ".statusCode",
          Integer.toUnsignedLong(redirect.getStatus()),
          "301, 302, 303, 307 or 308");
    }
    String scheme = redirect.getScheme();
    if (!scheme.isEmpty() && !scheme.equals("http") && !scheme.equals("https")) {
      throw invalid(field + ".scheme", scheme, "http or https");
    }
    if (redirect.getPort() != 0) {
      Checks.port(field + ".port", redirect.getPort());
    }
    String host = redirect.getHostname();
    return new RedirectAction(
        scheme.isEmpty() ? null : scheme,
        host.isEmpty() ? null : Checks.hostname(field + ".hostname", host),
        path(field + ".path", redirect.hasPath(), redirect.getPath()),
        redirect.getPort(),
        redirect.getStatus());
  }

  private static RewriteAction rewrite(String field, UrlRewrite rewrite)
      throws InvalidResourceException {
    String host = rewrite.getHostname();
    byte @Nullable [] hostBytes =
        host.isEmpty()
            ? null
            : Checks.hostname(field + ".hostname", host).getBytes(StandardCharsets.US_ASCII);
    return new RewriteAction(
        hostBytes, path(field + ".path", rewrite.hasPath(), rewrite.getPath()));
  }

  static boolean replacesPrefix(@Nullable PathRewrite path) {
    return path instanceof PathRewrite.Prefix;
  }

  private static @Nullable PathRewrite path(
      String field, boolean present, dev.nantian.gateway.protocol.config.v1.PathRewrite path)
      throws InvalidResourceException {
    if (!present) {
      return null;
    }
    return switch (path.getKindCase()) {
      case REPLACE_FULL_PATH ->
          PathRewrite.full(replacement(field + ".replaceFullPath", path.getReplaceFullPath()));
      case REPLACE_PREFIX_MATCH ->
          PathRewrite.prefix(
              replacement(field + ".replacePrefixMatch", path.getReplacePrefixMatch()));
      case KIND_NOT_SET ->
          throw new InvalidResourceException(
              field + ": empty (expected replaceFullPath or replacePrefixMatch)");
    };
  }

  /** Empty stands for {@code /}, as in the specification's table. */
  private static String replacement(String field, String path) throws InvalidResourceException {
    return path.isEmpty() ? path : Checks.path(field, path);
  }
}
