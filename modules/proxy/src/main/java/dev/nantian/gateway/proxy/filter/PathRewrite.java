package dev.nantian.gateway.proxy.filter;

import java.nio.charset.StandardCharsets;

/**
 * How a rewrite or redirect changes the path (HTTPPathModifier).
 *
 * <p>Results keep the request's query; where prefix and rest would meet in no or two slashes,
 * exactly one remains, and an empty result is {@code /}, as the specification's table has it.
 */
public sealed interface PathRewrite {
  /** The whole path becomes {@code path}. */
  record Full(byte[] path) implements PathRewrite {}

  /** The matched prefix becomes {@code replacement}. */
  record Prefix(byte[] replacement) implements PathRewrite {}

  /** Replaces the full path. */
  static PathRewrite full(String path) {
    return new Full(path.getBytes(StandardCharsets.UTF_8));
  }

  /** Replaces the prefix that the rule's match matched. */
  static PathRewrite prefix(String replacement) {
    return new Prefix(replacement.getBytes(StandardCharsets.UTF_8));
  }
}
