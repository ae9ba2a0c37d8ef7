package dev.nantian.gateway.proxy.tls;

import java.io.ByteArrayOutputStream;
import java.security.KeyFactory;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.List;

/**
 * Private keys of PEM files in the three forms in use: PKCS#8 (RFC 5958), PKCS#1 for RSA (RFC 8017)
 * and SEC 1 for elliptic curves (RFC 5915). The JDK reads the first only; the others are wrapped
 * into it.
 */
final class PrivateKeys {
  private static final int SEQUENCE = 0x30;
  private static final int OCTET_STRING = 0x04;
  private static final int CURVE_PARAMETERS = 0xA0;
  private static final byte[] VERSION_0 = {0x02, 0x01, 0x00};

  /** rsaEncryption with its NULL parameters. */
  private static final byte[] RSA_ALGORITHM = {
    0x30,
    0x0d,
    0x06,
    0x09,
    0x2a,
    (byte) 0x86,
    0x48,
    (byte) 0x86,
    (byte) 0xf7,
    0x0d,
    0x01,
    0x01,
    0x01,
    0x05,
    0x00
  };

  /** The object identifier id-ecPublicKey. */
  private static final byte[] EC_OID = {
    0x06, 0x07, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 0x02, 0x01
  };

  private PrivateKeys() {}

  /** The first private key of a PEM file. */
  static PrivateKey of(String pem) throws InvalidKeyPairException {
    for (PemBlocks.Block block : PemBlocks.of(pem)) {
      switch (block.label()) {
        case "PRIVATE KEY" -> {
          return pkcs8(block.der());
        }
        case "RSA PRIVATE KEY" -> {
          return pkcs8(der(SEQUENCE, VERSION_0, RSA_ALGORITHM, der(OCTET_STRING, block.der())));
        }
        case "EC PRIVATE KEY" -> {
          byte[] algorithm = der(SEQUENCE, EC_OID, curve(block.der()));
          return pkcs8(der(SEQUENCE, VERSION_0, algorithm, der(OCTET_STRING, block.der())));
        }
        case "ENCRYPTED PRIVATE KEY" ->
            throw new InvalidKeyPairException(
                "the private key is encrypted (expected it in clear)");
        default -> {} // "EC PARAMETERS" and the like come before a key
      }
    }
    throw new InvalidKeyPairException(
        "no private key (expected a PEM block PRIVATE KEY, RSA PRIVATE KEY or EC PRIVATE KEY)");
  }

  private static PrivateKey pkcs8(byte[] der) throws InvalidKeyPairException {
    PKCS8EncodedKeySpec spec = new PKCS8EncodedKeySpec(der);
    for (String algorithm : List.of("RSA", "EC")) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(spec);
      } catch (InvalidKeySpecException _) {
        // not of this kind: the next one, or the error below
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("every Java platform has " + algorithm, e);
      }
    }
    throw new InvalidKeyPairException("the private key cannot be read (expected RSA or ECDSA)");
  }

  /** The curve's object identifier, which SEC 1 keys carry in an optional element. */
  private static byte[] curve(byte[] sec1) throws InvalidKeyPairException {
    try {
      int[] outer = header(sec1, 0);
      int at = outer[0];
      int end = Math.min(sec1.length, outer[0] + outer[1]);
      while (at < end) {
        int[] element = header(sec1, at);
        if ((sec1[at] & 0xff) == CURVE_PARAMETERS) {
          return Arrays.copyOfRange(sec1, element[0], element[0] + element[1]);
        }
        at = element[0] + element[1];
      }
    } catch (ArrayIndexOutOfBoundsException e) {
      throw new InvalidKeyPairException("the EC private key is cut off", e);
    }
    throw new InvalidKeyPairException("the EC private key names no curve");
  }

  /** Offset and length of the content of the DER element at {@code at}. */
  private static int[] header(byte[] der, int at) {
    int first = der[at + 1] & 0xff;
    if (first < 0x80) {
      return new int[] {at + 2, first};
    }
    int count = first & 0x7f;
    int length = 0;
    for (int i = 0; i < count; i++) {
      length = (length << 8) | (der[at + 2 + i] & 0xff);
    }
    if (count > 3 || length > der.length) {
      throw new ArrayIndexOutOfBoundsException(length);
    }
    return new int[] {at + 2 + count, length};
  }

  private static byte[] der(int tag, byte[]... parts) {
    int length = Arrays.stream(parts).mapToInt(p -> p.length).sum();
    ByteArrayOutputStream out = new ByteArrayOutputStream(length + 6);
    out.write(tag);
    if (length < 0x80) {
      out.write(length);
    } else {
      int bytes = (39 - Integer.numberOfLeadingZeros(length)) / 8;
      out.write(0x80 | bytes);
      for (int i = bytes - 1; i >= 0; i--) {
        out.write(length >>> (8 * i));
      }
    }
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }
}
