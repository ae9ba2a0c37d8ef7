package dev.nantian.gateway.control.schema;

import com.fasterxml.jackson.databind.JsonNode;

/** Values as they stand in messages. */
final class Values {

  private static final int LONGEST = 80;

  private Values() {}

  /** A scalar as JSON, cut if it is long; of a list or mapping only what and how much it is. */
  static String text(JsonNode value) {
    if (value.isArray()) {
      return "a list of " + value.size();
    }
    if (value.isObject()) {
      return value.isEmpty() ? "an empty mapping" : "a mapping";
    }
    if (value.isMissingNode()) {
      return "nothing";
    }
    String text = value.toString();
    return text.length() <= LONGEST
        ? text
        : text.substring(0, LONGEST) + "… (" + value.asText().length() + " characters)";
  }
}
