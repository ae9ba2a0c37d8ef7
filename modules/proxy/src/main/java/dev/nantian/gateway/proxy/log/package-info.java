/**
 * The access log: one JSON line for each request, off unless asked for.
 *
 * <p>In: facts of a finished request, offered by event loops without waiting. Out: lines in a file
 * or on standard output, formatted and written by a thread of its own. docs/access-log.md lists the
 * fields.
 */
@NullMarked
package dev.nantian.gateway.proxy.log;

import org.jspecify.annotations.NullMarked;
