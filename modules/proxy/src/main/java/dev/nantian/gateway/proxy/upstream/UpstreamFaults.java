package dev.nantian.gateway.proxy.upstream;

import io.netty.handler.codec.DecoderException;
import java.io.IOException;

/** Tells what an endpoint does to its connection from what is our own mistake. */
final class UpstreamFaults {
  private UpstreamFaults() {}

  /** True for a reset, a TLS alert or a malformed TLS record; all else is thrown by our code. */
  static boolean isOfEndpoint(Throwable cause) {
    return cause instanceof IOException
        || (cause instanceof DecoderException && cause.getCause() instanceof IOException);
  }
}
