package dev.nantian.gateway.proxy.route;

import dev.nantian.gateway.proxy.retry.RetryPolicy;
import dev.nantian.gateway.proxy.session.SessionPolicy;
import org.jspecify.annotations.Nullable;

/**
 * What a rule says about the traffic to its backends beyond filters and timeouts.
 *
 * @param retry further tries
 * @param session whether clients stay with an endpoint; null for what the cluster says
 */
public record RuleTraffic(RetryPolicy retry, @Nullable SessionPolicy session) {
  /** A rule that says nothing. */
  public static final RuleTraffic DEFAULT = new RuleTraffic(RetryPolicy.DEFAULT, null);
}
