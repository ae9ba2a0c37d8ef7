/**
 * The last good configuration on disk: what a proxy serves when it starts without a control plane.
 *
 * <p>In: what is in force, after each change. Out: the same, when the process starts. The file
 * holds private keys: only its owner may read it.
 */
@NullMarked
package dev.nantian.gateway.proxy.snapshot;

import org.jspecify.annotations.NullMarked;
