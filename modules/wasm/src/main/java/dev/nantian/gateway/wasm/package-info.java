/**
 * The home of WebAssembly plugins; empty so far.
 *
 * <p>What will live here: a host for Proxy-Wasm plugins (ABI 0.2.1) as a filter of the data plane,
 * with the loading of modules, their limits of memory and time, and their life cycle. It will reach
 * the data plane through {@code dev.nantian.gateway.proxy.filter}; the proxy will never import this
 * module.
 */
@NullMarked
package dev.nantian.gateway.wasm;

import org.jspecify.annotations.NullMarked;
