/**
 * Numbers: counters that each loop keeps for itself, and their reading as meters.
 *
 * <p>In: plain increments on the loop's thread. Out: meters of a Micrometer registry that add up
 * the loops when they are read. docs/metrics.md lists them.
 */
@NullMarked
package dev.nantian.gateway.proxy.metrics;

import org.jspecify.annotations.NullMarked;
