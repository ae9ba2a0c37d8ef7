/**
 * The compiled configuration: what the loops read while they serve.
 *
 * <p>In: configuration messages as received over xDS. Out: one immutable {@link
 * dev.nantian.gateway.proxy.config.RuntimeConfig}, swapped as a whole, so that a request sees one
 * snapshot. Only {@link dev.nantian.gateway.proxy.config.Cluster} is mutable, and only in its
 * endpoints.
 */
@NullMarked
package dev.nantian.gateway.proxy.config;

import org.jspecify.annotations.NullMarked;
