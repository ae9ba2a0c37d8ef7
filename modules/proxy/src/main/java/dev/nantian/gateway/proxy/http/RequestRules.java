package dev.nantian.gateway.proxy.http;

import org.jspecify.annotations.Nullable;

/**
 * What becomes of requests that are well-formed and that two recipients may still read differently.
 *
 * @param path see there
 * @param underscores header names with {@code _}, which CGI and its heirs (WSGI, Rack, PHP) cannot
 *     tell from the same name with {@code -}
 * @param chunkExtensions of request and response bodies
 */
public record RequestRules(
    PathRules path, Underscores underscores, ChunkExtensions chunkExtensions) {
  /** For header names with an underscore. */
  public enum Underscores {
    ALLOW,
    /** Refuse a name that reads as one that we judge ({@code Transfer_Encoding}). */
    PROTECT,
    DROP,
    REJECT
  }

  /** For chunk extensions, which must be well-formed in any case. */
  public enum ChunkExtensions {
    ALLOW,
    REJECT
  }

  /** Each component's default: protect, and allow. */
  public static final RequestRules DEFAULT =
      new RequestRules(PathRules.DEFAULT, Underscores.PROTECT, ChunkExtensions.ALLOW);

  /**
   * Judges a head that is complete and well-formed, whatever protocol it came by, and gives its
   * path and query their canonical form. Call it before anything reads the path.
   *
   * @return why the request is refused; null if it is not
   */
  public @Nullable Refusal apply(RequestHead head) {
    Refusal wrong = underscores == Underscores.ALLOW ? null : underscores(head);
    return wrong == null ? CanonicalPath.apply(head, path) : wrong;
  }

  private @Nullable Refusal underscores(RequestHead head) {
    byte[] bytes = head.bytes();
    for (int slot = 0; slot < head.fieldCount(); slot++) {
      int start = head.nameOffset(slot);
      int end = start + head.nameLength(slot); // before start if the field is removed
      int at = start;
      while (at < end && bytes[at] != '_') {
        at++;
      }
      if (at < end) {
        switch (underscores) {
          case ALLOW -> {}
          case DROP -> head.removeSlot(slot);
          case REJECT -> {
            return Refusal.UNDERSCORE;
          }
          case PROTECT -> {
            if (NameSet.isLookalike(bytes, start, end)) {
              return Refusal.UNDERSCORE;
            }
          }
        }
      }
    }
    return null;
  }
}
