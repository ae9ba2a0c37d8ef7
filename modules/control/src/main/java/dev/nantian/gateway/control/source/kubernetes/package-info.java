/**
 * A Kubernetes API server as a source of objects.
 *
 * <p>For each {@link dev.nantian.gateway.control.source.Kind} one {@code KindWatch} lists in pages
 * and then watches; a kind whose CustomResourceDefinition is missing is asked for again and appears
 * when it is installed. {@code ApiObjects} makes checked objects of what comes. In: the API's JSON.
 * Out: {@link dev.nantian.gateway.control.source.SourceEvent}s, and the whole objects to {@link
 * dev.nantian.gateway.control.kubernetes.api.ObjectObserver}s. Only names and versions are kept
 * here; the objects are their actors'.
 */
@NullMarked
package dev.nantian.gateway.control.source.kubernetes;

import org.jspecify.annotations.NullMarked;
