package dev.nantian.gateway.proxy.upstream;

import dev.nantian.gateway.proxy.http.BodyReader;
import dev.nantian.gateway.proxy.http.RequestHead;
import dev.nantian.gateway.proxy.tunnel.TunnelEnd;
import io.netty.buffer.ByteBuf;

/**
 * One request to a backend and its response, whatever version of HTTP is spoken: an HTTP/1.1
 * connection for the time of one exchange, or one stream of an HTTP/2 connection.
 *
 * <p>Bodies are plain data whose end {@code last} tells, except that a body of {@link
 * BodyReader.Kind#CHUNKED} carries its chunk framing and trailers in its bytes: from HTTP/1 to
 * HTTP/1 it passes as received. {@link #takesChunks} and {@link #unwrapChunks} say where that is
 * not possible. Trailers of all other bodies are in the user's {@link UpstreamUser#requestTrailers}
 * and {@link UpstreamUser#responseTrailers} when the last part goes.
 *
 * <p>Touched by its event loop only, and only from {@link UpstreamUser#onConnected} until the user
 * was told the end.
 */
public interface UpstreamStream {
  /** Where this leads. */
  EndpointPool pool();

  /** Whether a request's body may come with chunk framing. */
  boolean takesChunks();

  /**
   * Writes the request's head; {@link #flush} sends it.
   *
   * @param body how the body comes that {@link #write} gets; NONE if the head is all
   */
  void send(RequestHead head, BodyReader.Kind body);

  /**
   * Queues a part of the request's body.
   *
   * @param part taken over; may be empty
   * @param last the request ends with it and with the user's request trailers
   */
  void write(ByteBuf part, boolean last);

  /** Sends what was queued. */
  void flush();

  /** False while the backend does not read as fast as we write. */
  boolean isWritable();

  /**
   * How the response's body comes; valid from {@link UpstreamUser#onResponseHead} on. UNTIL_CLOSE
   * stands for any plain data whose length nobody said.
   */
  BodyReader.Kind bodyKind();

  /** True if the head as received is still whole in a buffer and {@link #resume} can send it. */
  boolean holdsWholeHead();

  /** The response's body is wanted as plain data, its trailers apart. Before {@link #resume}. */
  void unwrapChunks();

  /**
   * Lets the body come; may end the exchange before it returns.
   *
   * @param withHead the first part begins with the head as received; needs {@link #holdsWholeHead}
   */
  void resume(boolean withHead);

  /** Stops or starts the response's body: back-pressure. */
  void readable(boolean on);

  /**
   * After a 101 response, which is also what an HTTP/2 backend's acceptance of a WebSocket is given
   * as (RFC 8441): from now on its bytes are the tunnel's. The user hears no more, and is done when
   * the tunnel is over.
   */
  TunnelEnd becomeTunnel();

  /**
   * The user has the response's head and wants no more of it, and hears no more. Where a short rest
   * is all that keeps the connection from the next exchange, that is taken in.
   */
  default void dismiss() {
    abandon();
  }

  /** The user gives up; what is under way is cut and the user hears no more. */
  void abandon();
}
