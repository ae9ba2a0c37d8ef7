package dev.nantian.gateway.filters.compression;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a client accepts (RFC 9110 section 12.5.3). */
final class AcceptEncoding {
  private AcceptEncoding() {}

  /**
   * The coding that the client likes best among those that we offer.
   *
   * @param accepted values of Accept-Encoding; a malformed part accepts nothing
   * @param offered in our order, which decides between equals
   * @return null if the client prefers the plain response, or takes none of them
   */
  static @Nullable Algorithm choose(List<String> accepted, List<Algorithm> offered) {
    Map<String, Integer> weights = new HashMap<>();
    for (String value : accepted) {
      for (String part : value.split(",", -1)) {
        read(part, weights);
      }
    }
    Integer any = weights.get("*");
    Algorithm best = null;
    int bestWeight = 0;
    for (Algorithm algorithm : offered) {
      Integer own = weights.get(algorithm.coding());
      int weight = own != null ? own : any != null ? any : 0;
      if (weight > bestWeight) {
        best = algorithm;
        bestWeight = weight;
      }
    }
    Integer plain = weights.get("identity");
    return plain != null && plain > bestWeight ? null : best;
  }

  private static void read(String part, Map<String, Integer> weights) {
    String[] pieces = part.split(";", -1);
    String coding = pieces[0].strip().toLowerCase(Locale.ROOT);
    int weight = 1000;
    for (int i = 1; i < pieces.length; i++) {
      String parameter = pieces[i].strip().toLowerCase(Locale.ROOT);
      weight = parameter.startsWith("q=") ? weight(parameter.substring(2).strip()) : 0;
    }
    weights.put(coding.equals("x-gzip") ? "gzip" : coding, weight);
  }

  /** In thousandths; a malformed weight counts as 0. */
  private static int weight(String text) {
    boolean valid =
        !text.isEmpty()
            && text.length() <= 5
            && (text.charAt(0) == '0' || text.charAt(0) == '1')
            && (text.length() == 1 || text.charAt(1) == '.');
    int weight = valid ? (text.charAt(0) - '0') * 1000 : 0;
    int unit = 100;
    for (int i = 2; valid && i < text.length(); i++, unit /= 10) {
      int digit = Character.digit(text.charAt(i), 10);
      valid = digit >= 0;
      weight += digit * unit;
    }
    return valid && weight <= 1000 ? weight : 0;
  }
}
