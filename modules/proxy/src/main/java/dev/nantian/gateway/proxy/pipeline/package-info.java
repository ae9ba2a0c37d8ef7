/**
 * A request's way through the proxy.
 *
 * <p>{@link dev.nantian.gateway.proxy.pipeline.RequestPath} is that way, top to bottom: the steps
 * of one Pekko Stream for each listening socket and event loop. In: an {@link
 * dev.nantian.gateway.proxy.pipeline.Exchange} with a received head, from a {@link
 * dev.nantian.gateway.proxy.pipeline.Downstream}. Out: a request sent to an upstream, and its
 * response to the downstream. Bodies pass beside the stream, between the two connections.
 *
 * <p>An exchange is its states. What else it has are parts of one job each: the filters' side, the
 * backend's side with its retries, the way of the request's body and that of the response's, the
 * deadlines, the record.
 *
 * <p>All of it belongs to one event loop's thread.
 */
@NullMarked
package dev.nantian.gateway.proxy.pipeline;

import org.jspecify.annotations.NullMarked;
