package dev.nantian.gateway.proxy.http;

/**
 * A response's status and header fields.
 *
 * <p>Owned by one exchange and touched only by the thread of its event loop.
 */
public final class ResponseHead extends Head {
  private static final int TYPICAL_BYTES = 512;

  private int status;
  private int minorVersion = 1;
  private int reasonOffset;
  private int reasonLength;

  /** An empty head. */
  public ResponseHead() {
    super(TYPICAL_BYTES);
  }

  @Override
  public void clear() {
    super.clear();
    status = 0;
    minorVersion = 1;
    reasonLength = 0;
  }

  /** Records the status, 100 to 999. */
  public void status(int status) {
    this.status = status;
  }

  public int status() {
    return status;
  }

  /** Replaces a received status; the reason phrase, which may not fit it, goes. */
  public void changeStatus(int status) {
    this.status = status;
    reasonLength = 0;
    markEdited();
  }

  /** Records the HTTP/1 minor version, 0 or 1. */
  public void minorVersion(int minorVersion) {
    this.minorVersion = minorVersion;
  }

  public int minorVersion() {
    return minorVersion;
  }

  /** Records the reason phrase; length 0 for none. */
  public void reason(int offset, int length) {
    reasonOffset = offset;
    reasonLength = length;
  }

  public int reasonOffset() {
    return reasonOffset;
  }

  public int reasonLength() {
    return reasonLength;
  }
}
