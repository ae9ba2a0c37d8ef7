package dev.nantian.gateway.control.translate;

import com.google.protobuf.ByteString;
import dev.nantian.gateway.protocol.config.v1.SessionPersistence;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Objects;

/**
 * Session persistence of rules and policies (GEP-1619).
 *
 * <p>The key that seals sessions follows from the uid of the object that asks for them: the same in
 * all proxies and after every restart, with nothing to store. Clients do not know it; who can read
 * the object can forge sessions, and so choose an endpoint of the Service that he could reach
 * anyway.
 */
final class SessionMessages {
  private static final String DEFAULT_NAME = "nantian-session";
  private static final String PURPOSE = "nantian session persistence 1\n";

  private SessionMessages() {}

  static SessionPersistence of(
      String path,
      HasMetadata owner,
      io.fabric8.kubernetes.api.model.gatewayapi.v1.SessionPersistence session)
      throws UnsupportedException {
    SessionPersistence.Builder message =
        SessionPersistence.newBuilder()
            .setName(Objects.requireNonNullElse(session.getSessionName(), DEFAULT_NAME))
            .setType(
                "Header".equals(session.getType())
                    ? SessionPersistence.Type.HEADER
                    : SessionPersistence.Type.COOKIE)
            .setKey(ByteString.copyFrom(key(owner)));
    long absolute = GatewayDuration.millis(path + ".absoluteTimeout", session.getAbsoluteTimeout());
    long idle = GatewayDuration.millis(path + ".idleTimeout", session.getIdleTimeout());
    if (absolute > 0) {
      message.setAbsoluteTimeout(GatewayDuration.message(absolute));
    }
    if (idle > 0) {
      message.setIdleTimeout(GatewayDuration.message(idle));
    }
    boolean permanent =
        session.getCookieConfig() != null
            && "Permanent".equals(session.getCookieConfig().getLifetimeType());
    if (permanent && absolute == 0) {
      throw UnsupportedException.value(
          path + ".absoluteTimeout", "none (expected one for a Permanent cookie)");
    }
    return message.setPermanent(permanent).build();
  }

  private static byte[] key(HasMetadata owner) {
    String uid = Objects.requireNonNullElse(owner.getMetadata().getUid(), "");
    String identity =
        uid.isEmpty()
            ? owner.getKind()
                + "/"
                + owner.getMetadata().getNamespace()
                + "/"
                + owner.getMetadata().getName()
            : uid;
    try {
      return MessageDigest.getInstance("SHA-256")
          .digest((PURPOSE + identity).getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
