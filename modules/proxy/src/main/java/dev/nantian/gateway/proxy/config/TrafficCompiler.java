package dev.nantian.gateway.proxy.config;

import static dev.nantian.gateway.proxy.config.Checks.invalid;

import dev.nantian.gateway.protocol.config.v1.HashKey.KindCase;
import dev.nantian.gateway.protocol.config.v1.HealthCheck;
import dev.nantian.gateway.protocol.config.v1.LoadBalancing;
import dev.nantian.gateway.protocol.config.v1.OutlierDetection;
import dev.nantian.gateway.protocol.config.v1.ProxyProtocol;
import dev.nantian.gateway.protocol.config.v1.Retry;
import dev.nantian.gateway.protocol.config.v1.RetryBudget;
import dev.nantian.gateway.protocol.config.v1.SessionPersistence;
import dev.nantian.gateway.protocol.config.v1.TrafficPolicy;
import dev.nantian.gateway.proxy.balance.BalancePolicy;
import dev.nantian.gateway.proxy.balance.BalancePolicy.Algorithm;
import dev.nantian.gateway.proxy.balance.HashKey;
import dev.nantian.gateway.proxy.balance.SlowStart;
import dev.nantian.gateway.proxy.health.CheckPolicy;
import dev.nantian.gateway.proxy.health.OutlierPolicy;
import dev.nantian.gateway.proxy.http.HeaderName;
import dev.nantian.gateway.proxy.proxyprotocol.ProxyHeaderPolicy;
import dev.nantian.gateway.proxy.retry.BudgetPolicy;
import dev.nantian.gateway.proxy.retry.CircuitLimits;
import dev.nantian.gateway.proxy.retry.RetryPolicy;
import dev.nantian.gateway.proxy.session.SessionPolicy;
import dev.nantian.gateway.proxy.session.SessionSeal;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Checks what a Service or a rule says about traffic and compiles it. Pure.
 *
 * <p>The records that come out check their own numbers; here their complaint gets the field's name.
 */
final class TrafficCompiler {
  private static final long DEFAULT_CHECK_INTERVAL_MILLIS = 10_000;
  private static final long DEFAULT_CHECK_TIMEOUT_MILLIS = 2_000;
  private static final long MIN_CHECK_INTERVAL_MILLIS = 100;
  private static final int DEFAULT_INITIAL_PERCENT = 10;
  private static final int MAX_ATTEMPTS = 100;
  private static final int DEFAULT_ATTEMPTS = 2;

  private TrafficCompiler() {}

  /** Makes a record that may refuse its values. */
  private interface Maker<T> {
    T make();
  }

  private static <T> T checked(String field, Maker<T> maker) throws InvalidResourceException {
    try {
      return maker.make();
    } catch (IllegalArgumentException e) {
      throw new InvalidResourceException(field + ": " + e.getMessage(), e);
    }
  }

  /**
   * The policy of a Service's clusters.
   *
   * @param object for messages, as in {@code Service shop/cart}
   * @param serviceName host of HTTP checks that name none
   */
  static ClusterPolicy policy(String object, String serviceName, TrafficPolicy traffic)
      throws InvalidResourceException {
    return new ClusterPolicy(
        balance(object + " loadBalancing", traffic.getLoadBalancing()),
        outliers(object + " outlierDetection", traffic.getOutlierDetection()),
        budget(object + " retryBudget", traffic.getRetryBudget()),
        limits(object + " circuitLimits", traffic.getCircuitLimits()),
        traffic.hasHealthCheck()
            ? checks(object + " healthCheck", serviceName, traffic.getHealthCheck())
            : null,
        traffic.hasSessionPersistence()
            ? session(object + " sessionPersistence", traffic.getSessionPersistence())
            : null,
        traffic.hasProxyProtocol()
            ? proxyHeader(object + " proxyProtocol", traffic.getProxyProtocol())
            : null);
  }

  private static ProxyHeaderPolicy proxyHeader(String field, ProxyProtocol protocol)
      throws InvalidResourceException {
    Set<ProxyHeaderPolicy.Extension> extensions = EnumSet.noneOf(ProxyHeaderPolicy.Extension.class);
    for (int i = 0; i < protocol.getExtensionsCount(); i++) {
      extensions.add(
          switch (protocol.getExtensions(i)) {
            case ALPN -> ProxyHeaderPolicy.Extension.ALPN;
            case AUTHORITY -> ProxyHeaderPolicy.Extension.AUTHORITY;
            case CRC32C -> ProxyHeaderPolicy.Extension.CRC32C;
            case EXTENSION_UNSPECIFIED, UNRECOGNIZED ->
                throw invalid(
                    field + ".extensions[" + i + "]",
                    protocol.getExtensionsValue(i),
                    "one that this proxy knows");
          });
    }
    return checked(field, () -> new ProxyHeaderPolicy(protocol.getVersion(), extensions));
  }

  private static BalancePolicy balance(String field, LoadBalancing balancing)
      throws InvalidResourceException {
    Algorithm algorithm =
        switch (balancing.getAlgorithm()) {
          case TWO_CHOICES -> Algorithm.TWO_CHOICES;
          case ROUND_ROBIN -> Algorithm.ROUND_ROBIN;
          case LEAST_REQUEST -> Algorithm.LEAST_REQUEST;
          case RANDOM -> Algorithm.RANDOM;
          case RING_HASH -> Algorithm.RING_HASH;
          case MAGLEV -> Algorithm.MAGLEV;
          case UNRECOGNIZED ->
              throw invalid(
                  field + ".algorithm", balancing.getAlgorithmValue(), "one that this proxy knows");
        };
    HashKey key = balancing.hasHashKey() ? key(field + ".hashKey", balancing.getHashKey()) : null;
    SlowStart start = SlowStart.OFF;
    if (balancing.hasSlowStart()) {
      var slow = balancing.getSlowStart();
      long window = Durations.millis(field + ".slowStart.window", true, slow.getWindow());
      int percent = slow.hasInitialPercent() ? slow.getInitialPercent() : DEFAULT_INITIAL_PERCENT;
      start = checked(field + ".slowStart", () -> new SlowStart(window, percent));
    }
    SlowStart slowStart = start;
    return checked(
        field,
        () ->
            new BalancePolicy(
                algorithm,
                key,
                balancing.hasRingPoints()
                    ? balancing.getRingPoints()
                    : BalancePolicy.DEFAULT_POINTS,
                balancing.hasTableSize()
                    ? balancing.getTableSize()
                    : BalancePolicy.DEFAULT_TABLE_SIZE,
                slowStart));
  }

  private static HashKey key(String field, dev.nantian.gateway.protocol.config.v1.HashKey key)
      throws InvalidResourceException {
    return switch (key.getKindCase()) {
      case SOURCE_IP -> new HashKey.SourceIp();
      case HEADER ->
          new HashKey.Header(HeaderName.of(Checks.token(field + ".header", key.getHeader())));
      case HOSTNAME -> new HashKey.Hostname();
      case COOKIE -> new HashKey.Cookie(Checks.token(field + ".cookie", key.getCookie()));
      case PATH -> new HashKey.Path();
      case KIND_NOT_SET ->
          throw invalid(field, KindCase.KIND_NOT_SET, "a source, header, hostname, cookie or path");
    };
  }

  private static OutlierPolicy outliers(String field, OutlierDetection detection)
      throws InvalidResourceException {
    OutlierPolicy none = OutlierPolicy.DEFAULT;
    long slow = Durations.millis(field + ".slow", detection.hasSlow(), detection.getSlow());
    long base =
        detection.hasBaseEjection()
            ? Durations.millis(field + ".baseEjection", true, detection.getBaseEjection())
            : none.baseEjectionMillis();
    long max =
        detection.hasMaxEjection()
            ? Durations.millis(field + ".maxEjection", true, detection.getMaxEjection())
            : Math.max(base, none.maxEjectionMillis());
    return checked(
        field,
        () ->
            new OutlierPolicy(
                detection.hasConsecutiveConnectionErrors()
                    ? detection.getConsecutiveConnectionErrors()
                    : none.consecutiveConnectionErrors(),
                detection.hasConsecutiveErrorStatuses()
                    ? detection.getConsecutiveErrorStatuses()
                    : none.consecutiveErrorStatuses(),
                detection.hasConsecutiveSlow()
                    ? detection.getConsecutiveSlow()
                    : none.consecutiveSlow(),
                slow,
                base,
                max,
                detection.hasMaxEjectedPercent()
                    ? detection.getMaxEjectedPercent()
                    : none.maxEjectedPercent(),
                detection.hasRecoverySuccesses()
                    ? detection.getRecoverySuccesses()
                    : none.recoverySuccesses(),
                detection.hasPanicPercent() ? detection.getPanicPercent() : none.panicPercent()));
  }

  private static BudgetPolicy budget(String field, RetryBudget budget)
      throws InvalidResourceException {
    BudgetPolicy none = BudgetPolicy.DEFAULT;
    long interval =
        budget.hasInterval()
            ? Durations.millis(field + ".interval", true, budget.getInterval())
            : none.intervalMillis();
    return checked(
        field,
        () ->
            new BudgetPolicy(
                budget.hasPercent() ? budget.getPercent() : none.percent(),
                budget.hasMinPerSecond() ? budget.getMinPerSecond() : none.minPerSecond(),
                interval));
  }

  private static CircuitLimits limits(
      String field, dev.nantian.gateway.protocol.config.v1.CircuitLimits limits)
      throws InvalidResourceException {
    CircuitLimits none = CircuitLimits.OFF;
    return checked(
        field,
        () ->
            new CircuitLimits(
                limits.hasMaxConnections() ? limits.getMaxConnections() : none.maxConnections(),
                limits.hasMaxPending() ? limits.getMaxPending() : none.maxPending(),
                limits.hasMaxRequests() ? limits.getMaxRequests() : none.maxRequests(),
                limits.hasMaxRetries() ? limits.getMaxRetries() : none.maxRetries()));
  }

  private static CheckPolicy checks(String field, String serviceName, HealthCheck check)
      throws InvalidResourceException {
    CheckPolicy.Probe probe =
        switch (check.getKindCase()) {
          case HTTP -> {
            HealthCheck.Http http = check.getHttp();
            Set<Integer> statuses =
                http.getExpectedStatusesCount() == 0
                    ? IntStream.range(200, 400).boxed().collect(Collectors.toSet())
                    : new LinkedHashSet<>(http.getExpectedStatusesList());
            yield new CheckPolicy.Http(
                Checks.path(field + ".http.path", http.getPath()),
                http.getHost().isEmpty()
                    ? serviceName
                    : Checks.hostname(field + ".http.host", http.getHost()),
                statuses);
          }
          case GRPC -> new CheckPolicy.Grpc(check.getGrpc().getService());
          case TCP -> new CheckPolicy.Tcp();
          case KIND_NOT_SET ->
              throw invalid(field, check.getKindCase(), "an http, grpc or tcp check");
        };
    long interval =
        check.hasInterval()
            ? Durations.millis(field + ".interval", true, check.getInterval())
            : DEFAULT_CHECK_INTERVAL_MILLIS;
    if (interval < MIN_CHECK_INTERVAL_MILLIS) {
      throw invalid(
          field + ".interval", interval, "at least " + MIN_CHECK_INTERVAL_MILLIS + " milliseconds");
    }
    long timeout =
        check.hasTimeout()
            ? Durations.millis(field + ".timeout", true, check.getTimeout())
            : DEFAULT_CHECK_TIMEOUT_MILLIS;
    return checked(
        field,
        () ->
            new CheckPolicy(
                probe,
                interval,
                timeout,
                check.hasUnhealthyThreshold() ? check.getUnhealthyThreshold() : 3,
                check.hasHealthyThreshold() ? check.getHealthyThreshold() : 2,
                check.getPort()));
  }

  static SessionPolicy session(String field, SessionPersistence session)
      throws InvalidResourceException {
    SessionPolicy.Type type =
        switch (session.getType()) {
          case COOKIE -> SessionPolicy.Type.COOKIE;
          case HEADER -> SessionPolicy.Type.HEADER;
          case UNRECOGNIZED ->
              throw invalid(field + ".type", session.getTypeValue(), "COOKIE or HEADER");
        };
    HeaderName name = HeaderName.of(Checks.token(field + ".sessionName", session.getName()));
    long absolute =
        Durations.millis(
            field + ".absoluteTimeout", session.hasAbsoluteTimeout(), session.getAbsoluteTimeout());
    long idle =
        Durations.millis(
            field + ".idleTimeout", session.hasIdleTimeout(), session.getIdleTimeout());
    return checked(
        field,
        () ->
            new SessionPolicy(
                name,
                type,
                (absolute + 999) / 1000,
                (idle + 999) / 1000,
                session.getPermanent(),
                new SessionSeal(session.getKey().toByteArray())));
  }

  /** The tries of a rule; null stands for a rule that says nothing. */
  static RetryPolicy retry(String field, @Nullable Retry retry) throws InvalidResourceException {
    if (retry == null) {
      return RetryPolicy.DEFAULT;
    }
    int attempts = retry.hasAttempts() ? retry.getAttempts() : DEFAULT_ATTEMPTS;
    if (attempts < 0 || attempts > MAX_ATTEMPTS) {
      throw invalid(field + ".attempts", Integer.toUnsignedLong(attempts), "0 to " + MAX_ATTEMPTS);
    }
    long backoff = Durations.millis(field + ".backoff", retry.hasBackoff(), retry.getBackoff());
    return checked(
        field + ".codes",
        () ->
            new RetryPolicy(
                attempts, new LinkedHashSet<>(retry.getCodesList()), backoff, attempts > 0));
  }
}
