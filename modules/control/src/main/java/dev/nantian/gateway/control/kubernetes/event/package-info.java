/**
 * Kubernetes Events for what users must act on.
 *
 * <p>In: the statuses of an object before and after a write of the leader. Out: Events of {@code
 * events.k8s.io/v1} about what has changed for the worse, and about the first success. {@code
 * ConditionChanges} finds what to say, {@code EventBook} keeps it from being said too often, {@link
 * dev.nantian.gateway.control.kubernetes.event.EventWriter} sends it.
 */
@NullMarked
package dev.nantian.gateway.control.kubernetes.event;

import org.jspecify.annotations.NullMarked;
