/**
 * The data plane: from configuration and sockets to proxied traffic.
 *
 * <p>{@code config} makes the run-time tables of what the control plane sent; {@code http} reads
 * and writes HTTP/1.1; {@code route} finds the rule of a request; {@code filter} is what a rule
 * does to requests and responses, and the way in for extensions; {@code loop} runs it all on event
 * loops.
 *
 * <p>Nothing here imports the control plane, or an extension.
 */
@NullMarked
package dev.nantian.gateway.proxy;

import org.jspecify.annotations.NullMarked;
