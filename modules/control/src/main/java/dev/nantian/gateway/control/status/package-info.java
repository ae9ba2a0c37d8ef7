/**
 * The present status of every object, and everything that is wrong.
 *
 * <p>In: status and problems of one object from its actor, and what the source has to say of files.
 * Out: {@link dev.nantian.gateway.control.status.ObjectStatus}es in the structure of the Gateway
 * API and {@link dev.nantian.gateway.control.source.Diagnostic}s with file and line, on request;
 * and each problem once in the log, with its recovery. Nothing here decides what a status says.
 */
@NullMarked
package dev.nantian.gateway.control.status;

import org.jspecify.annotations.NullMarked;
