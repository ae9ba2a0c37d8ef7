package dev.nantian.gateway.proxy.http;

/**
 * A response's status and header fields.
 *
 * <p>Owned by one exchange and touched only by the thread of its event loop.
 */
public final class ResponseHead extends Head {
  private static final int TYPICAL_BYTES = 512;

  private int status;

  /** An empty head. */
  public ResponseHead() {
    super(TYPICAL_BYTES);
  }

  @Override
  public void clear() {
    super.clear();
    status = 0;
  }

  /** Records the status, 100 to 999. */
  public void status(int status) {
    this.status = status;
  }

  public int status() {
    return status;
  }
}
