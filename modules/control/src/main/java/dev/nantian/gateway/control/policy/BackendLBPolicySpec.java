package dev.nantian.gateway.control.policy;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.SessionPersistence;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a BackendLBPolicy says; docs/load-balancing.md explains each field and its default.
 *
 * @param targetRefs Services of the policy's namespace
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record BackendLBPolicySpec(
    List<TargetRef> targetRefs,
    @Nullable LoadBalancing loadBalancing,
    @Nullable SessionPersistence sessionPersistence,
    @Nullable HealthCheck healthCheck,
    @Nullable OutlierDetection outlierDetection,
    @Nullable CircuitLimits circuitLimits,
    @Nullable RetryBudget retryBudget,
    @Nullable ProxyProtocol proxyProtocol) {
  public BackendLBPolicySpec {
    targetRefs = List.copyOf(targetRefs);
  }

  /** A Service. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record TargetRef(String group, String kind, String name) {}

  /**
   * @param type RoundRobin, ConsistentHash, LeastRequest, Random or PowerOfTwoChoices
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record LoadBalancing(
      String type, @Nullable ConsistentHash consistentHash, @Nullable SlowStart slowStart) {}

  /**
   * @param keyType SourceIP, Header, Hostname, Cookie or Path
   * @param algorithm RingHash or Maglev
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record ConsistentHash(
      String keyType, @Nullable String headerName, @Nullable String cookieName, String algorithm) {}

  /** Durations are those of GEP-2257, here and below. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record SlowStart(String window, @Nullable Integer initialPercent) {}

  /**
   * @param type HTTP, GRPC or TCP
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record HealthCheck(
      String type,
      @Nullable HttpCheck http,
      @Nullable GrpcCheck grpc,
      @Nullable Integer port,
      @Nullable String interval,
      @Nullable String timeout,
      @Nullable Integer unhealthyThreshold,
      @Nullable Integer healthyThreshold) {}

  /** A GET. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record HttpCheck(
      @Nullable String path, @Nullable String host, @Nullable List<Integer> expectedStatuses) {}

  /** grpc.health.v1.Health/Check. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record GrpcCheck(@Nullable String service) {}

  /** When an endpoint gets no requests for a while. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record OutlierDetection(
      @Nullable Integer consecutiveConnectionErrors,
      @Nullable Integer consecutiveErrorStatuses,
      @Nullable Integer consecutiveSlow,
      @Nullable String slow,
      @Nullable String baseEjection,
      @Nullable String maxEjection,
      @Nullable Integer maxEjectedPercent,
      @Nullable Integer recoverySuccesses,
      @Nullable Integer panicPercent) {}

  /** What is under way at once, at most. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record CircuitLimits(
      @Nullable Integer maxConnections,
      @Nullable Integer maxPending,
      @Nullable Integer maxRequests,
      @Nullable Integer maxRetries) {}

  /** Further tries of all requests together. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record RetryBudget(
      @Nullable Integer percent, @Nullable Integer minPerSecond, @Nullable String interval) {}

  /**
   * PROXY headers on connections to the endpoints.
   *
   * @param version 1 or 2, the default
   * @param extensions ALPN, Authority, CRC32C
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record ProxyProtocol(@Nullable Integer version, @Nullable List<String> extensions) {}
}
