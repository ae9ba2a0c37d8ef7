/**
 * Matching: from a request's head to the rule that answers it, compiled so that the cost does not
 * grow with the number of routes.
 *
 * <p>{@link dev.nantian.gateway.proxy.route.ListenerTable} is the entry: listener, hostname table,
 * then path table, then predicates on method, headers and query, in the precedence of the
 * specification ({@link dev.nantian.gateway.proxy.route.Candidate#PRECEDENCE}). A match ends in a
 * {@link dev.nantian.gateway.proxy.route.RouteTarget}, made at compile time: matching allocates
 * nothing, except where a regular expression runs.
 *
 * <p>In: {@link dev.nantian.gateway.proxy.route.Candidate}s by listener and hostname. Out: {@link
 * dev.nantian.gateway.proxy.route.CompiledListeners}, and {@link
 * dev.nantian.gateway.proxy.route.Explanation}s of single requests.
 */
@NullMarked
package dev.nantian.gateway.proxy.route;

import org.jspecify.annotations.NullMarked;
