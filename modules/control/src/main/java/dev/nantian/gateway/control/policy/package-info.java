/**
 * The kinds of our own that say how traffic is treated, as they are written.
 *
 * <p>Data only: read from YAML or an API server once the schema has passed them, and translated in
 * {@code control.translate}. Absent fields are null.
 */
@NullMarked
package dev.nantian.gateway.control.policy;

import org.jspecify.annotations.NullMarked;
