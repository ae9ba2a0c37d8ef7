package dev.nantian.gateway.proxy.filter;

import dev.nantian.gateway.proxy.http.RequestHead;
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

  /**
   * The matched prefix becomes {@code replacement}.
   *
   * @param replacement without trailing slash, which the specification ignores; empty for {@code /}
   */
  record Prefix(byte[] replacement) implements PathRewrite {}

  /** Replaces the full path. */
  static PathRewrite full(String path) {
    return new Full((path.isEmpty() ? "/" : path).getBytes(StandardCharsets.UTF_8));
  }

  /** Replaces the prefix that the rule's match matched. */
  static PathRewrite prefix(String replacement) {
    String stripped = replacement;
    while (stripped.endsWith("/")) {
      stripped = stripped.substring(0, stripped.length() - 1);
    }
    return new Prefix(stripped.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Length of the new path in bytes.
   *
   * @param prefixLength length of the matched prefix without trailing slash ({@code
   *     RouteTarget.prefixLength}); a prefix replacement under a match that is none (-1) replaces
   *     nothing
   */
  default int length(RequestHead head, int prefixLength) {
    return switch (this) {
      case Full(byte[] path) -> path.length;
      case Prefix(byte[] replacement) ->
          keepsPath(head, prefixLength)
              ? head.pathLength()
              : Math.max(1, replacement.length + head.pathLength() - prefixLength);
    };
  }

  /** Writes the new path into {@code out} at {@code offset}: {@link #length} bytes. */
  default void write(RequestHead head, int prefixLength, byte[] out, int offset) {
    byte[] bytes = head.bytes();
    switch (this) {
      case Full(byte[] path) -> System.arraycopy(path, 0, out, offset, path.length);
      case Prefix(byte[] replacement) -> {
        if (keepsPath(head, prefixLength)) {
          System.arraycopy(bytes, head.pathOffset(), out, offset, head.pathLength());
          return;
        }
        // The rest is empty or begins with the slash that ended the prefix, so the two parts meet
        // in exactly one.
        int rest = head.pathLength() - prefixLength;
        if (replacement.length + rest == 0) {
          out[offset] = '/';
          return;
        }
        System.arraycopy(replacement, 0, out, offset, replacement.length);
        System.arraycopy(
            bytes, head.pathOffset() + prefixLength, out, offset + replacement.length, rest);
      }
    }
  }

  /** Gives the head the new path. Query and everything else stay. */
  default void applyTo(RequestHead head, int prefixLength) {
    int length = length(head, prefixLength);
    int offset = head.reserve(length);
    write(head, prefixLength, head.bytes(), offset);
    head.path(offset, length);
  }

  /** {@code OPTIONS *} has no path whose prefix could be replaced. */
  private static boolean keepsPath(RequestHead head, int prefixLength) {
    return prefixLength < 0
        || prefixLength > head.pathLength()
        || (head.pathLength() == 1 && head.bytes()[head.pathOffset()] == '*');
  }
}
