package dev.nantian.gateway.admin;

import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Whether the process can do its work.
 *
 * @param parts each gives the reasons why it is not ready; none when it is. Safe for all threads,
 *     never blocking
 */
public record Health(List<Supplier<List<String>>> parts) {
  public Health {
    parts = List.copyOf(parts);
  }

  /** What {@code /readyz} answers. */
  record Readiness(boolean ready, List<String> reasons) {}

  Readiness readiness() {
    List<String> reasons = parts.stream().map(Supplier::get).flatMap(List::stream).toList();
    return new Readiness(reasons.isEmpty(), reasons);
  }

  /** These and another part. */
  public Health with(Supplier<List<String>> part) {
    return new Health(Stream.concat(parts.stream(), Stream.of(part)).toList());
  }
}
