/**
 * Limits on the rate of requests on this proxy, for each client or other key.
 *
 * <p>In: requests. Out: the same, or 429. The counts are shared by all event loops without locks.
 */
@NullMarked
package dev.nantian.gateway.filters.ratelimit;

import org.jspecify.annotations.NullMarked;
