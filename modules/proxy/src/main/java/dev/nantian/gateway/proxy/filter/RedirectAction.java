package dev.nantian.gateway.proxy.filter;

import org.jspecify.annotations.Nullable;

/**
 * HTTPRequestRedirectFilter, compiled. Null keeps what the request had.
 *
 * @param port 0: the well-known port of {@code scheme} if that is given, else the listener's
 * @param status 301, 302, 303, 307 or 308
 */
public record RedirectAction(
    @Nullable String scheme,
    @Nullable String host,
    @Nullable PathRewrite path,
    int port,
    int status) {}
