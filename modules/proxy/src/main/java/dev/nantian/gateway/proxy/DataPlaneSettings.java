package dev.nantian.gateway.proxy;

import dev.nantian.gateway.proxy.http.HttpLimits;
import dev.nantian.gateway.proxy.l4.L4Settings;
import dev.nantian.gateway.proxy.listener.ConnectionSettings;
import dev.nantian.gateway.proxy.log.AccessLogSettings;
import dev.nantian.gateway.proxy.loop.TransportChoice;
import dev.nantian.gateway.proxy.pipeline.ForwardingSettings;
import dev.nantian.gateway.proxy.upstream.UpstreamSettings;
import org.jspecify.annotations.Nullable;

/**
 * Everything that can be set about the data plane. The number of loops is that of {@link
 * dev.nantian.gateway.proxy.loop.LoopDispatchers#config}.
 *
 * @param transport which Netty transport
 * @param connections client connections and limits of their requests
 * @param upstreams connections to backends
 * @param responseLimits limits of responses
 * @param forwarding what backends are told of a request's origin
 * @param maxRequestsPerLoop requests in flight on one loop; more get 503
 * @param memoryWatermarkPercent of the direct memory: while buffers hold more, requests get 503; 0
 *     for no watermark
 * @param l4 relayed connections and datagram sessions
 * @param accessLog null (default) for none
 */
public record DataPlaneSettings(
    TransportChoice transport,
    ConnectionSettings connections,
    UpstreamSettings upstreams,
    HttpLimits responseLimits,
    ForwardingSettings forwarding,
    int maxRequestsPerLoop,
    int memoryWatermarkPercent,
    L4Settings l4,
    @Nullable AccessLogSettings accessLog) {
  public static final DataPlaneSettings DEFAULT =
      new DataPlaneSettings(
          TransportChoice.AUTO,
          ConnectionSettings.DEFAULT,
          UpstreamSettings.DEFAULT,
          HttpLimits.DEFAULT,
          ForwardingSettings.DEFAULT,
          20_000,
          85,
          L4Settings.DEFAULT,
          null);

  public DataPlaneSettings {
    if (maxRequestsPerLoop < 1) {
      throw new IllegalArgumentException(
          "maxRequestsPerLoop: " + maxRequestsPerLoop + " (expected 1 or more)");
    }
    if (memoryWatermarkPercent < 0 || memoryWatermarkPercent > 100) {
      throw new IllegalArgumentException(
          "memoryWatermarkPercent: " + memoryWatermarkPercent + " (expected 0 to 100)");
    }
  }

  public DataPlaneSettings withTransport(TransportChoice other) {
    return new DataPlaneSettings(
        other,
        connections,
        upstreams,
        responseLimits,
        forwarding,
        maxRequestsPerLoop,
        memoryWatermarkPercent,
        l4,
        accessLog);
  }

  public DataPlaneSettings withConnections(ConnectionSettings other) {
    return new DataPlaneSettings(
        transport,
        other,
        upstreams,
        responseLimits,
        forwarding,
        maxRequestsPerLoop,
        memoryWatermarkPercent,
        l4,
        accessLog);
  }

  public DataPlaneSettings withUpstreams(UpstreamSettings other) {
    return new DataPlaneSettings(
        transport,
        connections,
        other,
        responseLimits,
        forwarding,
        maxRequestsPerLoop,
        memoryWatermarkPercent,
        l4,
        accessLog);
  }

  public DataPlaneSettings withForwarding(ForwardingSettings other) {
    return new DataPlaneSettings(
        transport,
        connections,
        upstreams,
        responseLimits,
        other,
        maxRequestsPerLoop,
        memoryWatermarkPercent,
        l4,
        accessLog);
  }

  public DataPlaneSettings withL4(L4Settings other) {
    return new DataPlaneSettings(
        transport,
        connections,
        upstreams,
        responseLimits,
        forwarding,
        maxRequestsPerLoop,
        memoryWatermarkPercent,
        other,
        accessLog);
  }

  /** Null for none. */
  public DataPlaneSettings withAccessLog(@Nullable AccessLogSettings other) {
    return new DataPlaneSettings(
        transport,
        connections,
        upstreams,
        responseLimits,
        forwarding,
        maxRequestsPerLoop,
        memoryWatermarkPercent,
        l4,
        other);
  }
}
