@NullMarked
package dev.nantian.gateway.wasm;

import org.jspecify.annotations.NullMarked;
