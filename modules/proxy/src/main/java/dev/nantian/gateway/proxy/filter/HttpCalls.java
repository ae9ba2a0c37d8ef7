package dev.nantian.gateway.proxy.filter;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * A small HTTP client for filters: it uses the event loop's own connection pools, and so balancing
 * and limits of the backend as requests do.
 *
 * <p>For the loop's thread. Neither redirects nor retries.
 */
public interface HttpCalls {
  /**
   * What to send.
   *
   * @param method a token
   * @param target path and query
   * @param authority value of Host
   * @param fields without those that frame the message
   * @param body empty for none
   * @param timeout for all of it
   * @param maxBytes of the response's body; a longer one is a failure
   */
  record Request(
      String method,
      String target,
      String authority,
      List<Answer.Field> fields,
      byte[] body,
      Duration timeout,
      int maxBytes) {
    public Request {
      fields = List.copyOf(fields);
    }
  }

  /** What came back. */
  record Response(int status, List<Answer.Field> fields, byte[] body) {
    public Response {
      fields = List.copyOf(fields);
    }
  }

  /** There is no response: no endpoint, refused, timed out, malformed or too long. */
  final class HttpCallException extends Exception {
    private static final long serialVersionUID = 1;

    public HttpCallException(String message) {
      super(message);
    }
  }

  /**
   * Sends a request.
   *
   * @return completes on the loop, with the response or an {@link HttpCallException}
   */
  CompletionStage<Response> send(FilterBackend backend, Request request);
}
