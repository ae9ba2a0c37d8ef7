/**
 * Which endpoint gets the next request.
 *
 * <p>Pure: no sockets, no clock, no configuration. In: the endpoints of one cluster as one event
 * loop sees them ({@link dev.nantian.gateway.proxy.balance.Member}) and, for the policies that need
 * it, the hash of a key of the request. Out: an index. A {@link
 * dev.nantian.gateway.proxy.balance.Balancer} belongs to one loop and allocates nothing while it
 * picks; a {@link dev.nantian.gateway.proxy.balance.KeyTable} is immutable, made once for a set of
 * endpoints on the configuration thread and shared by all loops.
 */
@NullMarked
package dev.nantian.gateway.proxy.balance;

import org.jspecify.annotations.NullMarked;
