/**
 * Which Gateway listens where, and who yields when two want the same.
 *
 * <p>In: one {@link dev.nantian.gateway.control.address.AddressClaim} for each Gateway. Out: one
 * {@link dev.nantian.gateway.control.address.AddressAssignment} for each. What decides is an {@link
 * dev.nantian.gateway.control.address.AddressBook}, a plain class (without Kubernetes {@link
 * dev.nantian.gateway.control.address.AddressPlan}); its actor tells Gateways what changes for
 * them. Nothing here binds a socket or asks the machine for its addresses.
 */
@NullMarked
package dev.nantian.gateway.control.address;

import org.jspecify.annotations.NullMarked;
