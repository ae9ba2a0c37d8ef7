@NullMarked
package dev.nantian.gateway.control;

import org.jspecify.annotations.NullMarked;
