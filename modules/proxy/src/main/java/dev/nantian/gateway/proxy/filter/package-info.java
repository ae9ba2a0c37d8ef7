/**
 * The public filter API, and the specification's own filters.
 *
 * <p>The API: a {@link dev.nantian.gateway.proxy.filter.FilterFactory} compiles a configuration
 * into a {@link dev.nantian.gateway.proxy.filter.Filter}, which makes an {@link
 * dev.nantian.gateway.proxy.filter.ExchangeFilter} for each exchange. That one is told what passes,
 * and acts through its {@link dev.nantian.gateway.proxy.filter.FilterExchange}. Order, threads,
 * ownership of buffers and failure are stated there; docs/writing-filters.md is the guide. Other
 * modules may use nothing else of this module but {@code http.HeaderName}.
 *
 * <p>The specification's filters ({@link dev.nantian.gateway.proxy.filter.HeaderEdits}, {@link
 * dev.nantian.gateway.proxy.filter.RedirectAction}, {@link
 * dev.nantian.gateway.proxy.filter.RewriteAction}) are immutable values that edit a head in place,
 * without allocation where the result has a known form. They know heads and nothing else.
 */
@NullMarked
package dev.nantian.gateway.proxy.filter;

import org.jspecify.annotations.NullMarked;
