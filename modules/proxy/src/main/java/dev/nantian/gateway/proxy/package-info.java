/**
 * The data plane: from configuration and sockets to proxied traffic.
 *
 * <p>A request comes in by {@code listener} (TLS by {@code tls}, the sender by {@code
 * proxyprotocol}), goes its way through {@code pipeline} and leaves by {@code upstream}. On that
 * way {@code http} reads and writes HTTP/1.1; {@code route} finds its rule; {@code filter} is what
 * a rule does to requests and responses, and the way in for extensions; {@code balance} chooses an
 * endpoint, {@code session} remembers it, {@code health} and {@code check} know how it is, {@code
 * retry} tries another; {@code tunnel} takes over after a change of protocol. {@code l4} relays
 * what is not HTTP.
 *
 * <p>{@code xds} and {@code snapshot} bring the configuration, {@code node} owns it, {@code dns}
 * resolves its names, {@code config} makes the run-time tables of it. {@code loop} runs everything
 * on event loops; {@code takeover} hands the sockets to a new process; {@code log}, {@code metrics}
 * and {@code view} tell what happens.
 *
 * <p>Nothing here imports the control plane, or an extension.
 */
@NullMarked
package dev.nantian.gateway.proxy;

import org.jspecify.annotations.NullMarked;
