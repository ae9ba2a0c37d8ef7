/**
 * The control plane's checks without a control plane: files in, diagnostics out, for a command line
 * and for tests.
 *
 * <p>{@link dev.nantian.gateway.control.validate.Validator} reads files by the rules of the folder
 * source and judges the objects by the schemas and translators that the control plane itself uses;
 * it has no rules of its own.
 */
@NullMarked
package dev.nantian.gateway.control.validate;

import org.jspecify.annotations.NullMarked;
