/**
 * The control plane: from Kubernetes objects to the configuration that proxies get.
 *
 * <p>{@code source} brings the objects in; one actor for each object holds it, calls a pure
 * function of {@code translate} and publishes one configuration object; {@code snapshot} holds the
 * present set of those; {@code xds} hands them to proxies and hears what became of them.
 *
 * <p>Nothing here imports the proxy: the two meet only in {@code dev.nantian.gateway.protocol}.
 */
@NullMarked
package dev.nantian.gateway.control;

import org.jspecify.annotations.NullMarked;
