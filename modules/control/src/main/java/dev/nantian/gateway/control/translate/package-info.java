/**
 * From Gateway API objects to configuration and status, one object at a time.
 *
 * <p>In: one object, the {@link dev.nantian.gateway.control.translate.Fact}s of what it refers to,
 * and the {@link dev.nantian.gateway.control.translate.Claim}s of what refers to it. Out: a {@link
 * dev.nantian.gateway.control.translate.Translation}: configuration messages, status, problems, its
 * own fact, and what it claims from others. Pure functions: no actor, no I/O, no clock.
 */
@NullMarked
package dev.nantian.gateway.control.translate;

import org.jspecify.annotations.NullMarked;
