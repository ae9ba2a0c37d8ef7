@NullMarked
package dev.nantian.gateway.proxy;

import org.jspecify.annotations.NullMarked;
