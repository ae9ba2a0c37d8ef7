/**
 * Matching: from a request's head to the rule that answers it, compiled so that the cost does not
 * grow with the number of routes.
 *
 * <p>{@link dev.nantian.gateway.proxy.route.ListenerTable} is the entry: hostname table, then path
 * table, then predicates on method, headers and query, in the precedence of the specification
 * (HTTPRouteRule.matches). A match ends in a {@link dev.nantian.gateway.proxy.route.RouteTarget},
 * made at compile time: matching allocates nothing.
 */
@NullMarked
package dev.nantian.gateway.proxy.route;

import org.jspecify.annotations.NullMarked;
