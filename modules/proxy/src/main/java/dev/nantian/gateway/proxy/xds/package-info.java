/**
 * The proxy's side of xDS: one delta ADS stream to a control plane, kept up.
 *
 * <p>In: responses of the control plane. Out: updates for {@link
 * dev.nantian.gateway.proxy.node.ConfigActor}, and for the control plane an ACK or NACK of each
 * response once it is in force. Source: the xDS protocol documentation, "Incremental xDS".
 */
@NullMarked
package dev.nantian.gateway.proxy.xds;

import org.jspecify.annotations.NullMarked;
