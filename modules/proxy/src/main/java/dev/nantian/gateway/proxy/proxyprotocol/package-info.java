/**
 * The PROXY protocol, versions 1 and 2: who a connection is from when something in front of us
 * opened it (haproxy.org, proxy-protocol.txt of 2020/03/05).
 *
 * <p>In: the first bytes of a connection. Out: a {@link
 * dev.nantian.gateway.proxy.proxyprotocol.ProxyHeader}, or a reason to close the connection. The
 * other way round, for backends that want to know: the header of a connection that is made for a
 * {@link dev.nantian.gateway.proxy.proxyprotocol.ProxiedClient}. Sockets are those of the listeners
 * and pools.
 */
@NullMarked
package dev.nantian.gateway.proxy.proxyprotocol;

import org.jspecify.annotations.NullMarked;
