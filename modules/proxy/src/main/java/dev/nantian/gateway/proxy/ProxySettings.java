package dev.nantian.gateway.proxy;

import dev.nantian.gateway.proxy.xds.Backoff;
import dev.nantian.gateway.proxy.xds.ControlPlaneAddress;
import dev.nantian.gateway.proxy.xds.NodeIdentity;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Everything that can be set about a proxy. The number of event loops is that of {@link
 * dev.nantian.gateway.proxy.loop.LoopDispatchers#config}.
 *
 * @param controlPlane where its configuration comes from
 * @param node who it says it is there
 * @param backoff between tries to reach it
 * @param bindAddress for Gateways that name no address
 * @param ticketRotation how long the keys of TLS session tickets are used; zero for no tickets
 * @param dataFolder where the last good configuration is kept; null to keep none
 * @param dataPlane transport, limits and timeouts
 */
public record ProxySettings(
    ControlPlaneAddress controlPlane,
    NodeIdentity node,
    Backoff backoff,
    InetAddress bindAddress,
    Duration ticketRotation,
    @Nullable Path dataFolder,
    DataPlaneSettings dataPlane) {}
