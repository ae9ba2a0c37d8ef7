/**
 * Microbenchmarks (JMH) of what each request costs: heads read and written, routes matched, filters
 * passed. No sockets: {@code bench/traffic} has those.
 *
 * <p>Started by {@code bench/jmh}; not part of the program, and built only for it.
 */
@NullMarked
package dev.nantian.gateway.bench;

import org.jspecify.annotations.NullMarked;
