/**
 * Encoding of responses for clients that accept it (RFC 9110 section 8.4): negotiation, the
 * encoders, and the filter.
 *
 * <p>In: plain responses. Out: encoded ones, with the fields that go with it. Nothing here waits or
 * is shared between exchanges.
 */
@NullMarked
package dev.nantian.gateway.filters.compression;

import org.jspecify.annotations.NullMarked;
