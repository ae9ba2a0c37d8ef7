/**
 * What the admin endpoint shows of a proxy: plain data, made on request from what is in force.
 *
 * <p>Nothing here holds a secret or changes anything.
 */
@NullMarked
package dev.nantian.gateway.proxy.view;

import org.jspecify.annotations.NullMarked;
