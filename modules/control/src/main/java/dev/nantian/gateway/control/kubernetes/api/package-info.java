/**
 * Calls to a Kubernetes API server: one connection's settings, single requests, watches.
 *
 * <p>In: paths and JSON trees. Out: JSON trees, or an {@link
 * dev.nantian.gateway.control.kubernetes.api.ApiException} that says how the server refused.
 * Everything is asynchronous; nothing here retries, since only a caller knows what is still wanted
 * when the server is back. No kind of object is known here.
 */
@NullMarked
package dev.nantian.gateway.control.kubernetes.api;

import org.jspecify.annotations.NullMarked;
