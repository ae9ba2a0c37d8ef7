package dev.nantian.gateway.proxy.http;

/**
 * The fields after a body (RFC 9110 section 6.5).
 *
 * <p>Owned by one exchange and touched only by the thread of its event loop.
 */
public final class Trailers extends Head {
  private static final int TYPICAL_BYTES = 128;

  public Trailers() {
    super(TYPICAL_BYTES);
  }

  /** True if one of the fields must not be in trailers: {@link NameSet#NEVER_TRAILERS}. */
  public boolean isForbidden() {
    for (int slot = 0; slot < fieldCount(); slot++) {
      if (isPresent(slot)
          && NameSet.NEVER_TRAILERS.contains(
              bytes(), nameOffset(slot), nameLength(slot), nameHash(slot))) {
        return true;
      }
    }
    return false;
  }
}
