package dev.nantian.gateway.proxy.http;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The challenge that opens a WebSocket over HTTP/1.1 (RFC 6455 section 4) and that HTTP/2 does
 * without (RFC 8441 section 5): where the two meet the proxy gives it or takes it itself.
 *
 * <p>It is no secret and proves nothing but that both ends speak WebSocket, so any random numbers
 * do. Stateless.
 */
public final class WebSocketHandshake {
  /** The one protocol of Upgrade and {@code :protocol} that is translated. */
  public static final String PROTOCOL = "websocket";

  private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  private static final int NONCE_BYTES = 16;
  private static final int KEY_CHARS = 24;
  private static final byte[] GET = {'G', 'E', 'T'};

  private WebSocketHandshake() {}

  /** True if the request opens a WebSocket: by GET, whatever version of HTTP it came by. */
  public static boolean isAskedBy(RequestHead head) {
    return head.isUpgradeTo(PROTOCOL) && head.methodIs(GET);
  }

  /** A value for Sec-WebSocket-Key. */
  public static byte[] newKey(RandomGenerator random) {
    byte[] nonce = new byte[NONCE_BYTES];
    random.nextBytes(nonce);
    return Base64.getEncoder().encode(nonce);
  }

  /** The request's one Sec-WebSocket-Key; null if it is not 16 bytes in base64, or not one. */
  public static byte @Nullable [] keyOf(RequestHead head) {
    int slot = head.indexOf(FieldNames.SEC_WEBSOCKET_KEY, 0);
    if (slot < 0
        || head.valueLength(slot) != KEY_CHARS
        || head.indexOf(FieldNames.SEC_WEBSOCKET_KEY, slot + 1) >= 0) {
      return null;
    }
    String key = head.text(head.valueOffset(slot), KEY_CHARS);
    try {
      return Base64.getDecoder().decode(key).length == NONCE_BYTES
          ? key.getBytes(StandardCharsets.US_ASCII)
          : null;
    } catch (IllegalArgumentException e) {
      return null; // what it says of the client's text concerns nobody
    }
  }

  /** The Sec-WebSocket-Accept that belongs to a key. */
  public static byte[] accept(byte[] key) {
    try {
      MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
      sha1.update(key);
      sha1.update(GUID.getBytes(StandardCharsets.US_ASCII));
      return Base64.getEncoder().encode(sha1.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-1", e);
    }
  }

  /** True if the response has exactly this Sec-WebSocket-Accept. */
  public static boolean accepts(ResponseHead head, byte[] accept) {
    int slot = head.indexOf(FieldNames.SEC_WEBSOCKET_ACCEPT, 0);
    return slot >= 0
        && head.indexOf(FieldNames.SEC_WEBSOCKET_ACCEPT, slot + 1) < 0
        && head.text(head.valueOffset(slot), head.valueLength(slot))
            .equals(new String(accept, StandardCharsets.US_ASCII));
  }
}
