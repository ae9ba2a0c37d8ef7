package dev.nantian.gateway.proxy.filter;

import org.jspecify.annotations.Nullable;

/**
 * HTTPURLRewriteFilter, compiled.
 *
 * @param host replaces the authority of the forwarded request; null keeps it
 * @param path changes the path of the forwarded request; null keeps it
 */
public record RewriteAction(byte @Nullable [] host, @Nullable PathRewrite path) {}
