/**
 * How the actors of the control plane are addressed: a {@link
 * dev.nantian.gateway.control.mailbox.Mailbox} counts what waits in it, and {@link
 * dev.nantian.gateway.control.mailbox.InFlight} counts what waits in all of them, so that the end
 * of a change's ripple through the actors is a fact and not a guess by time.
 *
 * <p>In: messages of any actor. Out: the same messages, the depth of each mailbox, and a completion
 * when nothing is under way. Nothing here knows what a message means.
 */
@NullMarked
package dev.nantian.gateway.control.mailbox;

import org.jspecify.annotations.NullMarked;
