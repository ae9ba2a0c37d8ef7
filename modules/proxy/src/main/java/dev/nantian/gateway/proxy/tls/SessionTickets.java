package dev.nantian.gateway.proxy.tls;

import io.netty.handler.ssl.OpenSslServerSessionContext;
import io.netty.handler.ssl.OpenSslSessionTicketKey;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The session tickets of one TLS context (RFC 5077, RFC 8446 section 4.6.1): a client that comes
 * back resumes without a new signature or certificate.
 *
 * <p>All event loops share the context and so the keys. Each context has keys of its own: a ticket
 * of one listener must not open another, which may ask for client certificates. Tickets are made
 * with the newest key and taken with the {@value #KEPT} newest, so a ticket is good for one to two
 * intervals and what a stolen key reveals ends there. TLS 1.3 resumption makes a new key exchange
 * as well, so its traffic stays secret even then.
 *
 * <p>Owned by the configuration thread.
 */
final class SessionTickets {
  private static final int KEPT = 2;

  private final OpenSslServerSessionContext context;
  private final SecureRandom random;
  private final Deque<OpenSslSessionTicketKey> keys = new ArrayDeque<>();

  /**
   * @param interval between rotations; a session is not resumed after that time
   */
  SessionTickets(OpenSslServerSessionContext context, SecureRandom random, Duration interval) {
    this.context = context;
    this.random = random;
    // Tickets hold the whole session: a table of sessions would only cost memory.
    context.setSessionCacheEnabled(false);
    context.setSessionTimeout(Math.toIntExact(interval.toSeconds()));
    rotate();
  }

  /** From now on tickets are made with a new key. */
  void rotate() {
    keys.addFirst(
        new OpenSslSessionTicketKey(
            bytes(OpenSslSessionTicketKey.NAME_SIZE),
            bytes(OpenSslSessionTicketKey.HMAC_KEY_SIZE),
            bytes(OpenSslSessionTicketKey.AES_KEY_SIZE)));
    if (keys.size() > KEPT) {
      keys.removeLast();
    }
    context.setTicketKeys(keys.toArray(OpenSslSessionTicketKey[]::new));
  }

  private byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }
}
