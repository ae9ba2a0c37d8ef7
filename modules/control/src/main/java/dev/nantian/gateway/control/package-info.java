/**
 * The control plane: Gateway API objects in, configuration for proxies and status out.
 *
 * <p>{@link dev.nantian.gateway.control.ControlPlane} starts and stops it, {@link
 * dev.nantian.gateway.control.ControlPlaneView} shows what goes on inside. The way of a change:
 * {@code source} reads an object, {@code resource} gives it to its actor, {@code translate} says
 * what follows, {@code snapshot} collects the configuration, {@code xds} sends it to the proxies,
 * {@code status} keeps what is to be told to the user. Other modules use this package and the
 * records that it returns, nothing else.
 */
@NullMarked
package dev.nantian.gateway.control;

import org.jspecify.annotations.NullMarked;
