package dev.nantian.gateway.proxy.tls;

/** A certificate chain or key that cannot be used. The message never quotes key material. */
public final class InvalidKeyPairException extends Exception {
  private static final long serialVersionUID = 1L;

  public InvalidKeyPairException(String message) {
    super(message);
  }

  public InvalidKeyPairException(String message, Throwable cause) {
    super(message, cause);
  }
}
