package dev.nantian.gateway.proxy.tls;

import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The blocks of a PEM file (RFC 7468); text between blocks is commentary. */
final class PemBlocks {
  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----\\s*([A-Za-z0-9+/=\\s]*?)-----END \\1-----");

  /** One block. */
  record Block(String label, byte[] der) {}

  private PemBlocks() {}

  static List<Block> of(String pem) throws InvalidKeyPairException {
    List<Block> blocks = new ArrayList<>();
    Matcher matcher = BLOCK.matcher(pem);
    while (matcher.find()) {
      try {
        String base64 = matcher.group(2).replaceAll("\\s", "");
        blocks.add(new Block(matcher.group(1), Base64.getDecoder().decode(base64)));
      } catch (IllegalArgumentException e) {
        throw new InvalidKeyPairException(
            "PEM block " + matcher.group(1) + " is not base64 (" + e.getMessage() + ")", e);
      }
    }
    return blocks;
  }
}
