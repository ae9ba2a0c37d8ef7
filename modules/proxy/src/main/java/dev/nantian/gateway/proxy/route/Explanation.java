package dev.nantian.gateway.proxy.route;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Why a request takes the way it takes: every decision of one match, as text for people. Plain data
 * for JSON.
 *
 * @param request the request as understood
 * @param listener the listener chosen, or null
 * @param listenerReason why that one, or why none
 * @param tried hostname tables in the order searched
 * @param decision the rule that answers; null for none
 * @param outcome what happens to the request, in one sentence
 */
public record Explanation(
    Request request,
    @Nullable Listener listener,
    String listenerReason,
    List<Table> tried,
    @Nullable Decision decision,
    String outcome) {

  /** The request that was explained. */
  public record Request(
      String scheme, int port, String method, String host, String path, String query) {}

  /**
   * The listener that takes the request.
   *
   * @param gateway {@code namespace/name}
   * @param hostname empty for every hostname
   */
  public record Listener(String gateway, String name, int port, String hostname) {}

  /**
   * A hostname whose rules were searched.
   *
   * @param hostname empty for every hostname
   * @param candidates rules whose path fits, in precedence order, up to the one that won
   */
  public record Table(String hostname, List<Tried> candidates) {}

  /**
   * A match whose path fits.
   *
   * @param failed the predicate that does not hold; null if the match won
   */
  public record Tried(String route, int rule, int match, String path, @Nullable String failed) {}

  /**
   * The rule that answers.
   *
   * @param path the condition on the path that matched
   * @param filters in the order applied
   * @param backends with their shares; empty with a redirect
   */
  public record Decision(
      String route,
      int rule,
      int match,
      String path,
      List<String> filters,
      long requestTimeoutMillis,
      long backendTimeoutMillis,
      List<Backend> backends) {}

  /**
   * A backend of the rule.
   *
   * @param cluster {@code namespace/name:port}; null if the reference did not resolve
   * @param share of the rule's requests, 0 to 1
   * @param failure what answers its share instead; null if the reference resolved
   * @param endpoints addresses that may get a request now
   */
  public record Backend(
      @Nullable String cluster,
      long weight,
      double share,
      @Nullable String failure,
      List<String> filters,
      List<String> endpoints) {}
}
