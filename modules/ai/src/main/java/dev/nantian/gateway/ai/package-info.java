/**
 * The home of the AI gateway; empty so far.
 *
 * <p>What will live here: the wire formats of model providers and the conversion between them,
 * counting of prompt and completion tokens, masking, the choice of a provider, and the token
 * budgets (a pure ledger and its sharded actor). All of it will reach the data plane as filters
 * through {@code dev.nantian.gateway.proxy.filter}; the proxy will never import this module.
 */
@NullMarked
package dev.nantian.gateway.ai;

import org.jspecify.annotations.NullMarked;
