/**
 * Names to addresses, for backends that are known by name (ExternalName Services).
 *
 * <p>In: a host name. Out: its addresses now, asynchronously; no caller ever waits.
 */
@NullMarked
package dev.nantian.gateway.proxy.dns;

import org.jspecify.annotations.NullMarked;
