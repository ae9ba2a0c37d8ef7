package dev.nantian.gateway.proxy.listener;

import dev.nantian.gateway.proxy.metrics.LoopMetrics;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.TooLongFrameException;
import java.io.IOException;
import java.net.SocketAddress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells what a peer does to its connection from what is our own mistake. */
public final class ConnectionFaults {
  private static final Logger LOG = LoggerFactory.getLogger(ConnectionFaults.class);

  private ConnectionFaults() {}

  /**
   * True for a reset, a TLS alert or a malformed TLS record: nothing to tell anybody. Everything
   * else was thrown by code of the proxy.
   */
  public static boolean isOfPeer(Throwable cause) {
    return cause instanceof IOException
        || cause instanceof TooLongFrameException
        || (cause instanceof DecoderException && cause.getCause() instanceof IOException);
  }

  /** Logs and counts an exception that no client can be blamed for. */
  public static void report(SocketAddress client, LoopMetrics metrics, Throwable cause) {
    metrics.connectionFailed();
    LOG.error("connection failed inside the proxy client={}", client, cause);
  }
}
