package dev.nantian.gateway.proxy.route;

import dev.nantian.gateway.proxy.http.RequestHead;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One match of one rule of one route, with everything that decides its rank.
 *
 * @param path condition on the path
 * @param method required method in its exact case, empty for every method
 * @param headers all must hold
 * @param queryParams all must hold
 * @param createdMillis creation time of the route, Unix milliseconds
 * @param target what a request that satisfies everything gets
 */
public record Candidate(
    PathRule path,
    byte[] method,
    List<HeaderRule> headers,
    List<QueryRule> queryParams,
    long createdMillis,
    RouteTarget target) {

  /**
   * The precedence of HTTPRouteRule.matches: exact path, then regular expression, then prefix; more
   * characters of path first; method; more headers; more query parameters; older route; name of the
   * route; order in the route.
   *
   * <p>The specification leaves the place of regular expressions open. Here they rank between exact
   * paths and prefixes, a longer expression first: who writes one means to carve an exception out
   * of a prefix.
   */
  public static final Comparator<Candidate> PRECEDENCE =
      Comparator.comparingInt(Candidate::kindRank)
          .thenComparing(Comparator.comparingInt(Candidate::pathCharacters).reversed())
          .thenComparingInt(c -> c.method.length == 0 ? 1 : 0)
          .thenComparingInt(c -> -c.headers.size())
          .thenComparingInt(c -> -c.queryParams.size())
          .thenComparingLong(Candidate::createdMillis)
          .thenComparing(c -> c.target.route())
          .thenComparingInt(c -> c.target.ruleIndex())
          .thenComparingInt(c -> c.target.matchIndex());

  public Candidate {
    headers = List.copyOf(headers);
    queryParams = List.copyOf(queryParams);
  }

  private int kindRank() {
    return switch (path) {
      case PathRule.Exact _ -> 0;
      case PathRule.Regex _ -> 1;
      case PathRule.Prefix _ -> 2;
    };
  }

  private int pathCharacters() {
    return switch (path) {
      case PathRule.Exact(String text) -> text.length();
      case PathRule.Regex(var pattern) -> pattern.pattern().length();
      case PathRule.Prefix(String text) -> text.length();
    };
  }

  /** True if method, headers and query fit; the path is the caller's. */
  boolean fits(RequestHead head) {
    if (method.length > 0 && !head.methodIs(method)) {
      return false;
    }
    for (int i = 0; i < headers.size(); i++) { // no iterator on the hot path
      if (!headers.get(i).matches(head)) {
        return false;
      }
    }
    for (int i = 0; i < queryParams.size(); i++) {
      if (!queryParams.get(i).matches(head)) {
        return false;
      }
    }
    return true;
  }

  /** The first predicate that does not hold, as text; null if all hold. For explain. */
  @Nullable String firstFailure(RequestHead head) {
    if (method.length > 0 && !head.methodIs(method)) {
      return "method "
          + head.text(head.methodOffset(), head.methodLength())
          + ", not "
          + methodText();
    }
    for (HeaderRule header : headers) {
      if (!header.matches(head)) {
        return "header " + header.name() + " " + header.value().describe() + " does not hold";
      }
    }
    for (QueryRule param : queryParams) {
      if (!param.matches(head)) {
        return "query parameter "
            + param.name()
            + " "
            + param.value().describe()
            + " does not hold";
      }
    }
    return null;
  }

  /** The required method as text; empty for every method. */
  public String methodText() {
    return new String(method, StandardCharsets.US_ASCII);
  }
}
