/**
 * The program as a user has it: real processes, real files, real sockets.
 *
 * <p>What is measured here is printed, never asserted: times depend on the machine.
 */
@NullMarked
package dev.nantian.gateway.e2e;

import org.jspecify.annotations.NullMarked;
