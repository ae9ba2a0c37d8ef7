/**
 * Certificates and keys, from PEM to contexts that the listeners serve with.
 *
 * <p>In: the PEM of Secrets. Out: {@link dev.nantian.gateway.proxy.tls.CertifiedKey} and Netty
 * {@code SslContext}s on BoringSSL, or on the JDK's provider where BoringSSL cannot be loaded. Keys
 * leave this package only inside contexts; no text form of anything here shows one.
 */
@NullMarked
package dev.nantian.gateway.proxy.tls;

import org.jspecify.annotations.NullMarked;
