/**
 * When a request is sent to a backend a second time, and how often all requests together may be.
 *
 * <p>Pure: no sockets, no clock of its own. {@link dev.nantian.gateway.proxy.retry.RetryPolicy} is
 * a rule's, {@link dev.nantian.gateway.proxy.retry.RetryBudget} a cluster's on one event loop.
 */
@NullMarked
package dev.nantian.gateway.proxy.retry;

import org.jspecify.annotations.NullMarked;
