/**
 * The filters of the specification, compiled: header changes, redirect, URL rewrite.
 *
 * <p>Each is an immutable value that edits a head in place on the event loop, without allocation
 * where the result has a known form. They know heads and nothing else.
 */
@NullMarked
package dev.nantian.gateway.proxy.filter;

import org.jspecify.annotations.NullMarked;
