package dev.nantian.gateway.proxy.route;

import dev.nantian.gateway.proxy.retry.RetryPolicy;

/**
 * What a rule says about the traffic to its backends beyond filters and timeouts.
 *
 * @param retry further tries
 */
public record RuleTraffic(RetryPolicy retry) {
  /** A rule that says nothing. */
  public static final RuleTraffic DEFAULT = new RuleTraffic(RetryPolicy.DEFAULT);
}
