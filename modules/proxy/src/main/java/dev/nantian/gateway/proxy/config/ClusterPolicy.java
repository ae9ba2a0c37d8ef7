package dev.nantian.gateway.proxy.config;

import dev.nantian.gateway.proxy.balance.BalancePolicy;
import dev.nantian.gateway.proxy.health.CheckPolicy;
import dev.nantian.gateway.proxy.health.OutlierPolicy;
import dev.nantian.gateway.proxy.proxyprotocol.ProxyHeaderPolicy;
import dev.nantian.gateway.proxy.retry.BudgetPolicy;
import dev.nantian.gateway.proxy.retry.CircuitLimits;
import dev.nantian.gateway.proxy.session.SessionPolicy;
import org.jspecify.annotations.Nullable;

/**
 * How the endpoints of a cluster are used.
 *
 * @param balance which endpoint gets a request
 * @param outliers when one gets none for a while
 * @param budget of further tries
 * @param limits of what is under way at once
 * @param checks null for no active checks
 * @param session null for none, unless the rule has it
 * @param proxyHeader what connections begin with; null for nothing
 */
public record ClusterPolicy(
    BalancePolicy balance,
    OutlierPolicy outliers,
    BudgetPolicy budget,
    CircuitLimits limits,
    @Nullable CheckPolicy checks,
    @Nullable SessionPolicy session,
    @Nullable ProxyHeaderPolicy proxyHeader) {
  public static final ClusterPolicy DEFAULT =
      new ClusterPolicy(
          BalancePolicy.DEFAULT,
          OutlierPolicy.DEFAULT,
          BudgetPolicy.DEFAULT,
          CircuitLimits.OFF,
          null,
          null);

  /** One whose endpoints get no PROXY headers. */
  public ClusterPolicy(
      BalancePolicy balance,
      OutlierPolicy outliers,
      BudgetPolicy budget,
      CircuitLimits limits,
      @Nullable CheckPolicy checks,
      @Nullable SessionPolicy session) {
    this(balance, outliers, budget, limits, checks, session, null);
  }

  /** The same with these PROXY headers. */
  public ClusterPolicy with(@Nullable ProxyHeaderPolicy headers) {
    return new ClusterPolicy(balance, outliers, budget, limits, checks, session, headers);
  }
}
