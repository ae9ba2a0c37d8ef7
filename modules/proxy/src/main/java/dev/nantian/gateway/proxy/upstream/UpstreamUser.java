package dev.nantian.gateway.proxy.upstream;

import dev.nantian.gateway.proxy.http.ResponseHead;
import dev.nantian.gateway.proxy.http.Trailers;
import dev.nantian.gateway.proxy.proxyprotocol.ProxiedClient;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Someone with one request to send: what a pool and then a connection tell it.
 *
 * <p>Called on the loop's thread. After {@code onResponseBody} with {@code last}, {@code
 * onConnectFailed}, {@code onNoRoom} and {@code onUpstreamFailed} the stream says no more and must
 * not be used.
 */
public interface UpstreamUser {
  /**
   * The client whose request it is, for backends that are told by a PROXY header; null for the
   * gateway's own. The same from {@link EndpointPool#acquire} until the user was told the end.
   */
  default @Nullable ProxiedClient client() {
    return null;
  }

  /** The stream is this user's: write the request to it. */
  void onConnected(UpstreamStream stream);

  /** No connection: refused or timed out. */
  void onConnectFailed(EndpointPool pool, String reason);

  /** No connection, for the pool's limits are reached: says nothing about the endpoint. */
  void onNoRoom(EndpointPool pool, String reason);

  /** No connection that may be used: the handshake failed or the certificate does not verify. */
  void onTlsFailed(EndpointPool pool, String reason);

  /** The head to fill with the response; cleared. */
  ResponseHead responseHead();

  /** What follows the request's body; null for nothing. Asked for when its last part goes. */
  @Nullable Trailers requestTrailers();

  /** To be filled with what follows the response's body, before its last part comes; cleared. */
  Trailers responseTrailers();

  /** A 1xx response is in {@link #responseHead()}, which is cleared afterwards. */
  void onInterimResponse();

  /**
   * The final response's head is in {@link #responseHead()}. Nothing of the body comes before the
   * user calls {@link UpstreamStream#resume}.
   */
  void onResponseHead();

  /**
   * A part of the response's body, maybe empty.
   *
   * @param part the receiver releases it
   * @param last the response is complete
   */
  void onResponseBody(ByteBuf part, boolean last);

  /** All that could be read for now has been handed on. */
  void onUpstreamReadComplete();

  /** The connection takes more bytes or no more. */
  void onUpstreamWritability();

  void onUpstreamFailed(UpstreamFailure failure);
}
