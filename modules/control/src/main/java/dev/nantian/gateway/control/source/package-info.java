/**
 * Where the control plane's objects come from.
 *
 * <p>A {@link dev.nantian.gateway.control.source.ResourceSource} watches one place that holds
 * Kubernetes objects (a folder of YAML, a Kubernetes API server) and tells its one sink what was
 * applied, deleted or refused, as {@link dev.nantian.gateway.control.source.SourceEvent}s. An
 * object that leaves this package has passed the structural checks an API server makes by CRD, has
 * a namespace, a generation, a creation timestamp and a uid, and knows the file and line of each of
 * its fields ({@link dev.nantian.gateway.control.source.Origin}). Nothing here knows actors,
 * translation or the configuration protocol.
 */
@NullMarked
package dev.nantian.gateway.control.source;

import org.jspecify.annotations.NullMarked;
