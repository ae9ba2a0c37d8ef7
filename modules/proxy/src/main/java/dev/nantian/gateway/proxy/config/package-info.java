/**
 * The configuration: what was received, checked and compiled into what the loops read while they
 * serve.
 *
 * <p>In: resources as received over xDS or read from disk, handed to {@link
 * dev.nantian.gateway.proxy.config.ConfigStore}, which refuses bad ones alone. Out: one immutable
 * {@link dev.nantian.gateway.proxy.config.RuntimeConfig}, swapped as a whole, so that a request
 * sees one snapshot. Only {@link dev.nantian.gateway.proxy.config.Cluster} is mutable, and only in
 * its endpoints. Everything that writes runs on the configuration thread; nothing here does I/O.
 */
@NullMarked
package dev.nantian.gateway.proxy.config;

import org.jspecify.annotations.NullMarked;
