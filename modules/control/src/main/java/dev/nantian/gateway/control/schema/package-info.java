/**
 * What an API server checks when an object is written, and the defaults it fills in: our own JSON
 * Schemas (in the resources of this package) of the kinds that the control plane reads, written
 * from the Gateway API specification v1.5 and the Kubernetes API reference, and the rules between
 * fields that the Gateway API's CRDs state beside their schemas.
 *
 * <p>In: one object as a JSON tree. Out: violations, each with the field, the offending value and
 * what was expected. Pure; knows no files, no other objects and no cluster. {@link
 * dev.nantian.gateway.control.schema.ObjectChecks} is the way in.
 */
@NullMarked
package dev.nantian.gateway.control.schema;

import org.jspecify.annotations.NullMarked;
