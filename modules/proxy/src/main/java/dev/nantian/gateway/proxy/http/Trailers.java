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

  /**
   * True if one of the fields must not be in trailers (RFC 9110 section 6.5.1): it would concern
   * framing, routing or the connection, or claim an origin.
   */
  public boolean isForbidden() {
    return contains(FieldNames.CONTENT_LENGTH)
        || contains(FieldNames.TRANSFER_ENCODING)
        || contains(FieldNames.HOST)
        || contains(FieldNames.CONNECTION)
        || contains(FieldNames.KEEP_ALIVE)
        || contains(FieldNames.TE)
        || contains(FieldNames.UPGRADE)
        || contains(FieldNames.EXPECT)
        || contains(FieldNames.FORWARDED)
        || contains(FieldNames.X_FORWARDED_FOR)
        || contains(FieldNames.X_FORWARDED_HOST)
        || contains(FieldNames.X_FORWARDED_PROTO);
  }
}
