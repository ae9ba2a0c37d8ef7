@NullMarked
package dev.nantian.gateway.cli;

import org.jspecify.annotations.NullMarked;
