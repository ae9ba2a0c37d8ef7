/**
 * YAML 1.2 (and so JSON) text as JSON trees whose every field knows its line and column.
 *
 * <p>{@link dev.nantian.gateway.control.source.yaml.YamlReader} takes text in and gives documents
 * out. It knows nothing of Kubernetes.
 */
@NullMarked
package dev.nantian.gateway.control.source.yaml;

import org.jspecify.annotations.NullMarked;
