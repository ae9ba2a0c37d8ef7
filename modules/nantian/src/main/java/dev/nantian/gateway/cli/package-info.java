/**
 * The {@code nantian} program: its commands, what they print, and how a process starts, drains and
 * ends.
 *
 * <p>{@link Nantian} is the entry point. A command reads its options, starts what it needs on one
 * actor system and waits for a signal ({@link Foreground}); every failure that a user can cause
 * becomes one line on standard error and a non-zero exit status ({@link CommandFailure}). Results
 * go to standard output, the log ({@link KeyValueLayout}) to standard error.
 */
@NullMarked
package dev.nantian.gateway.cli;

import org.jspecify.annotations.NullMarked;
