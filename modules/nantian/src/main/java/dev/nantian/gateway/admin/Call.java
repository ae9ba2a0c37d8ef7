package dev.nantian.gateway.admin;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A request that fits an endpoint.
 *
 * @param path values of the template's parameters, decoded
 * @param query decoded, in order
 */
public record Call(Map<String, String> path, Map<String, List<String>> query) {

  /** A parameter of the template. */
  String path(String name) {
    String value = path.get(name);
    if (value == null) {
      throw new IllegalArgumentException(name + ": no such path parameter");
    }
    return value;
  }

  /** A query parameter that may be given once. */
  Optional<String> query(String name) {
    List<String> values = query.getOrDefault(name, List.of());
    if (values.size() > 1) {
      throw new RefusedException(
          400,
          "query parameter '" + name + "' is given " + values.size() + " times (expected once)");
    }
    return values.stream().findFirst();
  }

  /** A query parameter that may be given many times. */
  List<String> queries(String name) {
    return query.getOrDefault(name, List.of());
  }
}
