package dev.nantian.gateway.proxy.filter;

import dev.nantian.gateway.proxy.http.ResponseHead;

/**
 * The final response's head, as filters may see and change it.
 *
 * <p>For the exchange's event loop only.
 */
public final class FilterResponse extends HeaderFields {
  private final ResponseHead head;

  /** A view of {@code head}. */
  public FilterResponse(ResponseHead head) {
    super(head);
    this.head = head;
  }

  public int status() {
    return head.status();
  }

  /** Value of Content-Length; -1 if it is not said. */
  public long contentLength() {
    return head.contentLength();
  }

  /**
   * Replaces the status.
   *
   * @param status 200 to 599; 204 and 304 only where the response has no body
   */
  public void status(int status) {
    if (status < 200 || status > 599) {
      throw new IllegalArgumentException("status: " + status + " (expected 200 to 599)");
    }
    boolean losesBody =
        (status == 204 || status == 304) && head.status() != 204 && head.status() != 304;
    if (losesBody) {
      throw new IllegalArgumentException(
          "status: " + status + " (expected one that lets the response keep its body)");
    }
    head.changeStatus(status);
  }
}
