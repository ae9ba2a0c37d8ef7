/**
 * The PROXY protocol, versions 1 and 2: who a connection is from when something in front of us
 * opened it (haproxy.org, proxy-protocol.txt of 2020/03/05).
 *
 * <p>In: the first bytes of a connection. Out: a {@link
 * dev.nantian.gateway.proxy.proxyprotocol.ProxyHeader}, or a reason to close the connection. Pure:
 * sockets are the listeners'.
 */
@NullMarked
package dev.nantian.gateway.proxy.proxyprotocol;

import org.jspecify.annotations.NullMarked;
