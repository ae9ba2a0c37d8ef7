/**
 * Writes statuses and Events to the API server.
 *
 * <p>In: what the status actor finds, what the API server holds, and whether this process leads.
 * Out: merge patches of the status subresource that touch only what is ours. {@code StatusMerge}
 * and {@code StatusQueue} are the plain part: what a status should become, and when which object is
 * due. {@link dev.nantian.gateway.control.kubernetes.status.StatusWriter} is the actor that sends.
 */
@NullMarked
package dev.nantian.gateway.control.kubernetes.status;

import org.jspecify.annotations.NullMarked;
