package dev.nantian.gateway.proxy.pipeline;

import dev.nantian.gateway.proxy.http.RequestHead;
import java.nio.charset.StandardCharsets;

/** What request methods promise. */
final class Methods {
  private static final byte[][] IDEMPOTENT = {
    bytes("GET"), bytes("HEAD"), bytes("OPTIONS"), bytes("TRACE"), bytes("PUT"), bytes("DELETE")
  };

  private Methods() {}

  /** RFC 9110 section 9.2.2. */
  static boolean isIdempotent(RequestHead head) {
    for (byte[] method : IDEMPOTENT) {
      if (head.methodIs(method)) {
        return true;
      }
    }
    return false;
  }

  private static byte[] bytes(String method) {
    return method.getBytes(StandardCharsets.US_ASCII);
  }
}
