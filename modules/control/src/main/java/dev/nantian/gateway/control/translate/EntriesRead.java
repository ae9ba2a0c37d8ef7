package dev.nantian.gateway.control.translate;

import dev.nantian.gateway.control.source.Kind;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** The entries of a ConfigMap or Secret that other objects read. */
final class EntriesRead {
  private EntriesRead() {}

  /** Each entry that a claim asks for, looked up. */
  static Map<String, Optional<String>> of(Inputs inputs, Function<String, Optional<String>> entry) {
    Map<String, Optional<String>> texts = new HashMap<>();
    for (Claim claim : inputs.claims().values()) {
      if (claim instanceof Claim.ReadsKey(String key)) {
        texts.put(key, entry.apply(key));
      }
    }
    return texts;
  }

  /** Whether nobody wants more of the object than to read entries, which may hold anything. */
  static boolean only(Inputs inputs) {
    return inputs.claims().keySet().stream().allMatch(key -> key.kind() == Kind.HTTP_FILTER);
  }
}
