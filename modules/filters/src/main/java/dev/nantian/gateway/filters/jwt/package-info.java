/**
 * Validation of JSON Web Tokens (RFC 7519): tokens are checked against an issuer's keys, which are
 * given or fetched.
 *
 * <p>In: requests with a bearer token. Out: requests with claims as header fields, or refusals.
 * Keys are shared by all event loops; whoever needs keys that are not there yet waits without
 * blocking.
 */
@NullMarked
package dev.nantian.gateway.filters.jwt;

import org.jspecify.annotations.NullMarked;
