package dev.nantian.gateway.proxy.pipeline;

import dev.nantian.gateway.proxy.http.BodyReader;
import dev.nantian.gateway.proxy.http.ResponseHead;
import dev.nantian.gateway.proxy.proxyprotocol.ProxiedClient;
import io.netty.buffer.ByteBuf;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The client's side of exchanges: one connection (HTTP/1) or one stream of it.
 *
 * <p>Called on the loop's thread only.
 */
public interface Downstream {
  InetSocketAddress remoteAddress();

  /** The address without port, as in X-Forwarded-For; made once for each connection. */
  byte[] remoteAddressText();

  /** The client's connection, as backends are told of it by PROXY headers. */
  ProxiedClient proxied();

  /** Whether the client speaks TLS to us. */
  boolean isTls();

  /** Name that the TLS handshake asked for, lower case; null without TLS, empty without SNI. */
  byte @Nullable [] serverName();

  /**
   * How the request's body comes: CHUNKED with its framing and trailers in its bytes, all other
   * kinds as plain data. UNTIL_CLOSE stands for a body whose length nobody said.
   */
  BodyReader.Kind requestBodyKind();

  /** The request's body is wanted as plain data, its trailers apart. Before it is resumed. */
  void unwrapRequestChunks();

  /** The exchange takes the request's body now; held parts come at once, flushed by the caller. */
  void resumeRequest();

  /** The exchange takes no more of the request's body until {@link #resumeRequest}. */
  void pauseRequest();

  /** Sends a 1xx head, if the client's HTTP version knows such. */
  void interim(ResponseHead head);

  /** Sends the response's head and decides how the body is framed; lets the upstream go on. */
  void startResponse(Exchange exchange);

  /**
   * Sends a part of the body; takes over the buffer. With the last part the exchange's response
   * trailers go, if it has some and the client can take them.
   */
  void responseBody(ByteBuf part, boolean last);

  /** Sends the answer of the proxy itself; the exchange is over. */
  void answer(Exchange exchange, int status, String text, byte @Nullable [] location);

  /** False while the client does not read as fast as we write. */
  boolean isWritable();

  void flush();

  /** The response was sent to its end; the next request may come. */
  void exchangeEnded(Exchange exchange);

  /** Resets the connection: a truncated response must not look complete. */
  void abort();
}
