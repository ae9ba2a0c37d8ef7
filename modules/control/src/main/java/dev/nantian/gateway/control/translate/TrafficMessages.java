package dev.nantian.gateway.control.translate;

import com.google.protobuf.Duration;
import dev.nantian.gateway.control.policy.BackendLBPolicy;
import dev.nantian.gateway.control.policy.BackendLBPolicySpec;
import dev.nantian.gateway.protocol.config.v1.CircuitLimits;
import dev.nantian.gateway.protocol.config.v1.HashKey;
import dev.nantian.gateway.protocol.config.v1.HealthCheck;
import dev.nantian.gateway.protocol.config.v1.LoadBalancing;
import dev.nantian.gateway.protocol.config.v1.LoadBalancing.Algorithm;
import dev.nantian.gateway.protocol.config.v1.OutlierDetection;
import dev.nantian.gateway.protocol.config.v1.ProxyProtocol;
import dev.nantian.gateway.protocol.config.v1.Retry;
import dev.nantian.gateway.protocol.config.v1.RetryBudget;
import dev.nantian.gateway.protocol.config.v1.SlowStart;
import dev.nantian.gateway.protocol.config.v1.TrafficPolicy;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRouteRetry;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What policies and rules say of traffic, as configuration. Absent fields stay absent. */
final class TrafficMessages {
  private TrafficMessages() {}

  private static <T> void set(@Nullable T value, Consumer<T> setter) {
    if (value != null) {
      setter.accept(value);
    }
  }

  private static void setDuration(String path, @Nullable String text, Consumer<Duration> setter)
      throws UnsupportedException {
    if (text != null) {
      setter.accept(GatewayDuration.message(GatewayDuration.millis(path, text)));
    }
  }

  /** GEP-1731. */
  static Retry retry(String path, HTTPRouteRetry retry) throws UnsupportedException {
    Retry.Builder message = Retry.newBuilder();
    set(retry.getAttempts(), message::setAttempts);
    message.addAllCodes(Conditions.orEmpty(retry.getCodes()));
    setDuration(path + ".backoff", retry.getBackoff(), message::setBackoff);
    return message.build();
  }

  /** All that a policy says. */
  static TrafficPolicy policy(BackendLBPolicy policy) throws UnsupportedException {
    BackendLBPolicySpec spec = policy.getSpec();
    TrafficPolicy.Builder message = TrafficPolicy.newBuilder();
    if (spec.loadBalancing() != null) {
      message.setLoadBalancing(balancing("spec.loadBalancing", spec.loadBalancing()));
    }
    if (spec.sessionPersistence() != null) {
      message.setSessionPersistence(
          SessionMessages.of("spec.sessionPersistence", policy, spec.sessionPersistence()));
    }
    if (spec.healthCheck() != null) {
      message.setHealthCheck(check("spec.healthCheck", spec.healthCheck()));
    }
    if (spec.outlierDetection() != null) {
      message.setOutlierDetection(outliers("spec.outlierDetection", spec.outlierDetection()));
    }
    if (spec.circuitLimits() != null) {
      CircuitLimits.Builder limits = CircuitLimits.newBuilder();
      set(spec.circuitLimits().maxConnections(), limits::setMaxConnections);
      set(spec.circuitLimits().maxPending(), limits::setMaxPending);
      set(spec.circuitLimits().maxRequests(), limits::setMaxRequests);
      set(spec.circuitLimits().maxRetries(), limits::setMaxRetries);
      message.setCircuitLimits(limits);
    }
    if (spec.retryBudget() != null) {
      RetryBudget.Builder budget = RetryBudget.newBuilder();
      set(spec.retryBudget().percent(), budget::setPercent);
      set(spec.retryBudget().minPerSecond(), budget::setMinPerSecond);
      setDuration("spec.retryBudget.interval", spec.retryBudget().interval(), budget::setInterval);
      message.setRetryBudget(budget);
    }
    if (spec.proxyProtocol() != null) {
      message.setProxyProtocol(proxyProtocol("spec.proxyProtocol", spec.proxyProtocol()));
    }
    return message.build();
  }

  private static ProxyProtocol proxyProtocol(
      String path, BackendLBPolicySpec.ProxyProtocol protocol) throws UnsupportedException {
    int version = Objects.requireNonNullElse(protocol.version(), 2);
    if (version != 1 && version != 2) {
      throw UnsupportedException.value(path + ".version", version + " (expected 1 or 2)");
    }
    List<String> extensions = Objects.requireNonNullElse(protocol.extensions(), List.of());
    if (version == 1 && !extensions.isEmpty()) {
      throw UnsupportedException.value(
          path + ".extensions", extensions + " (expected none with version 1)");
    }
    ProxyProtocol.Builder message = ProxyProtocol.newBuilder().setVersion(version);
    for (int i = 0; i < extensions.size(); i++) {
      message.addExtensions(
          switch (extensions.get(i)) {
            case "ALPN" -> ProxyProtocol.Extension.ALPN;
            case "Authority" -> ProxyProtocol.Extension.AUTHORITY;
            case "CRC32C" -> ProxyProtocol.Extension.CRC32C;
            default ->
                throw UnsupportedException.value(
                    path + ".extensions[" + i + "]",
                    extensions.get(i) + " (expected ALPN, Authority or CRC32C)");
          });
    }
    return message.build();
  }

  private static LoadBalancing balancing(String path, BackendLBPolicySpec.LoadBalancing balancing)
      throws UnsupportedException {
    LoadBalancing.Builder message = LoadBalancing.newBuilder();
    switch (balancing.type()) {
      case "PowerOfTwoChoices" -> message.setAlgorithm(Algorithm.TWO_CHOICES);
      case "RoundRobin" -> message.setAlgorithm(Algorithm.ROUND_ROBIN);
      case "LeastRequest" -> message.setAlgorithm(Algorithm.LEAST_REQUEST);
      case "Random" -> message.setAlgorithm(Algorithm.RANDOM);
      case "ConsistentHash" -> hash(path + ".consistentHash", balancing.consistentHash(), message);
      default ->
          throw UnsupportedException.value(
              path + ".type",
              balancing.type()
                  + " (expected RoundRobin, ConsistentHash, LeastRequest, Random or"
                  + " PowerOfTwoChoices)");
    }
    BackendLBPolicySpec.SlowStart slow = balancing.slowStart();
    if (slow != null) {
      SlowStart.Builder start = SlowStart.newBuilder();
      setDuration(path + ".slowStart.window", slow.window(), start::setWindow);
      set(slow.initialPercent(), start::setInitialPercent);
      message.setSlowStart(start);
    }
    return message.build();
  }

  private static void hash(
      String path, BackendLBPolicySpec.@Nullable ConsistentHash hash, LoadBalancing.Builder message)
      throws UnsupportedException {
    if (hash == null) {
      throw UnsupportedException.value(path, "none (expected one for type ConsistentHash)");
    }
    message.setAlgorithm(
        "Maglev".equals(hash.algorithm()) ? Algorithm.MAGLEV : Algorithm.RING_HASH);
    HashKey.Builder key = HashKey.newBuilder();
    switch (hash.keyType()) {
      case "SourceIP" -> key.setSourceIp(true);
      case "Hostname" -> key.setHostname(true);
      case "Path" -> key.setPath(true);
      case "Header" -> key.setHeader(needed(path + ".headerName", hash.headerName(), "Header"));
      case "Cookie" -> key.setCookie(needed(path + ".cookieName", hash.cookieName(), "Cookie"));
      default ->
          throw UnsupportedException.value(
              path + ".keyType",
              hash.keyType() + " (expected SourceIP, Header, Hostname, Cookie or Path)");
    }
    message.setHashKey(key);
  }

  private static String needed(String path, @Nullable String name, String keyType)
      throws UnsupportedException {
    if (name == null || name.isEmpty()) {
      throw UnsupportedException.value(path, "none (expected one for keyType " + keyType + ")");
    }
    return name;
  }

  private static HealthCheck check(String path, BackendLBPolicySpec.HealthCheck check)
      throws UnsupportedException {
    HealthCheck.Builder message = HealthCheck.newBuilder();
    switch (check.type()) {
      case "HTTP" -> {
        HealthCheck.Http.Builder http = HealthCheck.Http.newBuilder().setPath("/");
        if (check.http() != null) {
          set(check.http().path(), http::setPath);
          set(check.http().host(), http::setHost);
          set(check.http().expectedStatuses(), http::addAllExpectedStatuses);
        }
        message.setHttp(http);
      }
      case "GRPC" ->
          message.setGrpc(
              HealthCheck.Grpc.newBuilder()
                  .setService(
                      check.grpc() == null
                          ? ""
                          : Objects.requireNonNullElse(check.grpc().service(), "")));
      case "TCP" -> message.setTcp(HealthCheck.Tcp.getDefaultInstance());
      default ->
          throw UnsupportedException.value(
              path + ".type", check.type() + " (expected HTTP, GRPC or TCP)");
    }
    set(check.port(), message::setPort);
    setDuration(path + ".interval", check.interval(), message::setInterval);
    setDuration(path + ".timeout", check.timeout(), message::setTimeout);
    set(check.unhealthyThreshold(), message::setUnhealthyThreshold);
    set(check.healthyThreshold(), message::setHealthyThreshold);
    return message.build();
  }

  private static OutlierDetection outliers(
      String path, BackendLBPolicySpec.OutlierDetection detection) throws UnsupportedException {
    OutlierDetection.Builder message = OutlierDetection.newBuilder();
    set(detection.consecutiveConnectionErrors(), message::setConsecutiveConnectionErrors);
    set(detection.consecutiveErrorStatuses(), message::setConsecutiveErrorStatuses);
    set(detection.consecutiveSlow(), message::setConsecutiveSlow);
    setDuration(path + ".slow", detection.slow(), message::setSlow);
    setDuration(path + ".baseEjection", detection.baseEjection(), message::setBaseEjection);
    setDuration(path + ".maxEjection", detection.maxEjection(), message::setMaxEjection);
    set(detection.maxEjectedPercent(), message::setMaxEjectedPercent);
    set(detection.recoverySuccesses(), message::setRecoverySuccesses);
    set(detection.panicPercent(), message::setPanicPercent);
    return message.build();
  }
}
