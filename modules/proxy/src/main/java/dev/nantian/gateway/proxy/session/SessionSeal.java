package dev.nantian.gateway.proxy.session;

import dev.nantian.gateway.proxy.balance.KeyHash;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Seals sessions: AES-256-GCM, so a client can neither read an endpoint's address out of its
 * session nor make one up.
 *
 * <p>A sealed session is base64url (RFC 4648 section 5) of a version octet, 12 octets of nonce and
 * the ciphertext with its tag. Thread-safe; some microseconds for each call, and garbage: only
 * rules with sessions pay.
 */
public final class SessionSeal {
  /** Octets of the key. */
  public static final int KEY_LENGTH = 32;

  private static final int VERSION = 1;
  private static final int NONCE_LENGTH = 12;
  private static final int TAG_BITS = 128;
  private static final int MAX_LENGTH = 128;
  private static final ThreadLocal<Cipher> CIPHER = ThreadLocal.withInitial(SessionSeal::cipher);
  private static final ThreadLocal<SecureRandom> RANDOM =
      ThreadLocal.withInitial(SecureRandom::new);

  private final byte[] key;

  /**
   * @param key 32 octets
   */
  public SessionSeal(byte[] key) {
    if (key.length != KEY_LENGTH) {
      throw new IllegalArgumentException(
          "key of " + key.length + " octets (expected " + KEY_LENGTH + ")");
    }
    this.key = key.clone();
  }

  private static Cipher cipher() {
    try {
      return Cipher.getInstance("AES/GCM/NoPadding");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has AES/GCM/NoPadding", e);
    }
  }

  /** How a cluster is named in a session. */
  public static long clusterId(String name) {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    return KeyHash.of(bytes, 0, bytes.length);
  }

  /** The sealed session. */
  public String seal(Session session) {
    byte[] address = session.endpoint().getAddress().getAddress();
    byte[] plain =
        ByteBuffer.allocate(3 * Long.BYTES + Short.BYTES + address.length)
            .putLong(session.cluster())
            .putLong(session.issued())
            .putLong(session.used())
            .putShort((short) session.endpoint().getPort())
            .put(address)
            .array();
    byte[] nonce = new byte[NONCE_LENGTH];
    RANDOM.get().nextBytes(nonce);
    try {
      byte[] sealed = run(Cipher.ENCRYPT_MODE, nonce, plain);
      ByteBuffer whole = ByteBuffer.allocate(1 + NONCE_LENGTH + sealed.length);
      whole.put((byte) VERSION).put(nonce).put(sealed);
      return Base64.getUrlEncoder().withoutPadding().encodeToString(whole.array());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-GCM refuses to encrypt", e);
    }
  }

  /**
   * The session in {@code bytes[offset, offset + length)}; empty if nobody with our key made it.
   */
  public Optional<Session> open(byte[] bytes, int offset, int length) {
    if (length > MAX_LENGTH) {
      return Optional.empty();
    }
    try {
      byte[] whole =
          Base64.getUrlDecoder().decode(Arrays.copyOfRange(bytes, offset, offset + length));
      if (whole.length <= 1 + NONCE_LENGTH || whole[0] != VERSION) {
        return Optional.empty();
      }
      byte[] nonce = Arrays.copyOfRange(whole, 1, 1 + NONCE_LENGTH);
      byte[] sealed = Arrays.copyOfRange(whole, 1 + NONCE_LENGTH, whole.length);
      return Optional.of(read(ByteBuffer.wrap(run(Cipher.DECRYPT_MODE, nonce, sealed))));
    } catch (IllegalArgumentException | GeneralSecurityException | UnknownHostException e) {
      return Optional.empty(); // a client may send anything: it gets a new session
    }
  }

  private byte[] run(int mode, byte[] nonce, byte[] text) throws GeneralSecurityException {
    Cipher cipher = CIPHER.get();
    cipher.init(mode, new SecretKeySpec(key, "AES"), new GCMParameterSpec(TAG_BITS, nonce));
    return cipher.doFinal(text);
  }

  private static Session read(ByteBuffer plain) throws UnknownHostException {
    long cluster = plain.getLong();
    long issued = plain.getLong();
    long used = plain.getLong();
    int port = Short.toUnsignedInt(plain.getShort());
    byte[] address = new byte[plain.remaining()];
    plain.get(address);
    return new Session(
        cluster, new InetSocketAddress(InetAddress.getByAddress(address), port), issued, used);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SessionSeal seal && Arrays.equals(seal.key, key);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(key);
  }

  /** Without the key. */
  @Override
  public String toString() {
    return "SessionSeal";
  }
}
