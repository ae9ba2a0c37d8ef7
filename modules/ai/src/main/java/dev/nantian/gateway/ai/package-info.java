@NullMarked
package dev.nantian.gateway.ai;

import org.jspecify.annotations.NullMarked;
