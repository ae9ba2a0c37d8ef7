/** Rules that hold for the code of all modules, checked on the compiled classes. */
@NullMarked
package dev.nantian.gateway.rules;

import org.jspecify.annotations.NullMarked;
