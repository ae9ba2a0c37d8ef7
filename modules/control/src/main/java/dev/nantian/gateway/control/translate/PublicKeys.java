package dev.nantian.gateway.control.translate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.spec.ECFieldFp;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/**
 * The public keys of a JWK Set (RFC 7517) that can check signatures of tokens: RSA and EC (RFC 7518
 * section 6). Other keys and other members are left out, so that nothing secret leaves with them.
 *
 * <p>Messages name the key by its place and never quote it.
 */
final class PublicKeys {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  // RFC 7518 section 3.3.
  private static final int LEAST_RSA_BITS = 2048;
  private static final Map<String, String> CURVES =
      Map.of("P-256", "secp256r1", "P-384", "secp384r1", "P-521", "secp521r1");

  private PublicKeys() {}

  /**
   * The set as text, with public keys alone.
   *
   * @param path of the field that has or names the set
   */
  static String of(String path, String text) throws UnsupportedException {
    JsonNode set;
    try {
      set = MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      throw UnsupportedException.value(path, "not JSON (expected a JWK Set: {\"keys\": [...]})");
    }
    if (set == null || !set.path("keys").isArray()) {
      throw UnsupportedException.value(
          path, "no list \"keys\" (expected a JWK Set: {\"keys\": [...]})");
    }
    ArrayNode keys = MAPPER.createArrayNode();
    for (int i = 0; i < set.get("keys").size(); i++) {
      JsonNode key = set.get("keys").get(i);
      String at = "keys[" + i + "]";
      switch (key.path("kty").asText()) {
        case "RSA" -> keys.add(rsa(path, at, key));
        case "EC" -> keys.add(ec(path, at, key));
        case "" ->
            throw UnsupportedException.value(path, at + ".kty: missing (expected RSA or EC)");
        default -> {}
      }
    }
    if (keys.isEmpty()) {
      throw UnsupportedException.value(path, "no public key (expected one of type RSA or EC)");
    }
    return MAPPER.createObjectNode().set("keys", keys).toString();
  }

  private static ObjectNode rsa(String path, String at, JsonNode key) throws UnsupportedException {
    BigInteger modulus = number(path, at, key, "n");
    number(path, at, key, "e");
    if (modulus.bitLength() < LEAST_RSA_BITS) {
      throw UnsupportedException.value(
          path,
          at
              + ".n: "
              + modulus.bitLength()
              + " bits (expected at least "
              + LEAST_RSA_BITS
              + ", RFC 7518 section 3.3)");
    }
    return copy(key, List.of("n", "e"));
  }

  private static ObjectNode ec(String path, String at, JsonNode key) throws UnsupportedException {
    String curve = CURVES.get(key.path("crv").asText());
    if (curve == null) {
      throw UnsupportedException.value(
          path, at + ".crv: " + key.path("crv").asText() + " (expected P-256, P-384 or P-521)");
    }
    if (!isOn(curve, number(path, at, key, "x"), number(path, at, key, "y"))) {
      throw UnsupportedException.value(
          path, at + ": x and y are no point of " + key.path("crv").asText());
    }
    return copy(key, List.of("crv", "x", "y"));
  }

  // y² = x³ + ax + b over a prime field (RFC 6090 section 3.1).
  private static boolean isOn(String curve, BigInteger x, BigInteger y) {
    ECParameterSpec parameters;
    try {
      AlgorithmParameters named = AlgorithmParameters.getInstance("EC");
      named.init(new ECGenParameterSpec(curve));
      parameters = named.getParameterSpec(ECParameterSpec.class);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("no curve " + curve, e);
    }
    BigInteger prime = ((ECFieldFp) parameters.getCurve().getField()).getP();
    BigInteger right =
        x.pow(3)
            .add(parameters.getCurve().getA().multiply(x))
            .add(parameters.getCurve().getB())
            .mod(prime);
    return x.compareTo(prime) < 0 && y.compareTo(prime) < 0 && y.pow(2).mod(prime).equals(right);
  }

  private static BigInteger number(String path, String at, JsonNode key, String member)
      throws UnsupportedException {
    try {
      byte[] magnitude = Base64.getUrlDecoder().decode(key.path(member).asText());
      if (magnitude.length > 0) {
        return new BigInteger(1, magnitude);
      }
    } catch (IllegalArgumentException e) {
      throw UnsupportedException.value(path, at + "." + member + ": not base64url");
    }
    throw UnsupportedException.value(path, at + "." + member + ": missing (expected base64url)");
  }

  private static ObjectNode copy(JsonNode key, List<String> members) {
    ObjectNode copy = MAPPER.createObjectNode();
    copy.set("kty", key.get("kty"));
    for (String member : List.of("kid", "alg")) {
      if (key.path(member).isTextual()) {
        copy.set(member, key.get(member));
      }
    }
    members.forEach(member -> copy.set(member, key.get(member)));
    return copy;
  }
}
