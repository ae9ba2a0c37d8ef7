/**
 * Sessions that stay with an endpoint (Gateway API GEP-1619).
 *
 * <p>Pure: no sockets, no clock. What a client keeps, in a cookie or a header, is one sealed word
 * that says cluster, endpoint and times: {@link dev.nantian.gateway.proxy.session.SessionSeal}
 * makes and opens it. No proxy remembers anything, so any of them, and one that was just started,
 * can serve a session.
 */
@NullMarked
package dev.nantian.gateway.proxy.session;

import org.jspecify.annotations.NullMarked;
