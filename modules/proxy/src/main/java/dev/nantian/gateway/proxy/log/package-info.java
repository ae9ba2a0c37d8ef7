/**
 * The access log: one JSON line for each request, off unless asked for.
 *
 * <p>In: facts of a finished request, encoded on its event loop into a buffer of that loop. Out:
 * lines in a file or on standard output, written by the buffer by a thread of its own.
 * docs/access-log.md lists the fields.
 */
@NullMarked
package dev.nantian.gateway.proxy.log;

import org.jspecify.annotations.NullMarked;
