package dev.nantian.gateway.proxy.route;

import dev.nantian.gateway.proxy.http.HeaderName;
import dev.nantian.gateway.proxy.http.RequestHead;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The candidates of one path, and the first of them that fits a request.
 *
 * <p>Few are tried one after the other. Many that ask for different values of one header or query
 * parameter are found by the request's value of it: a thousand tenants on one path, told apart by a
 * header, cost what one costs. What remains in a bucket, and what does not ask for that header, is
 * divided the same way.
 *
 * <p>Immutable.
 */
final class CandidateSet {
  static final CandidateSet EMPTY = new CandidateSet(List.of());

  /** So many are tried faster than a value is hashed and looked up. */
  private static final int FEW = 8;

  /** Where a request's value is found. */
  private sealed interface Key {
    record Header(HeaderName name) implements Key {}

    record Query(String name) implements Key {}
  }

  /** A candidate and its place in the order of precedence. */
  private record Ranked(Candidate candidate, int rank) {}

  private final Ranked[] linear;
  private final @Nullable Key key;
  private final @Nullable ByteTable<CandidateSet> byValue;
  private final @Nullable CandidateSet others;

  private CandidateSet(List<Ranked> candidates) {
    Key best = candidates.size() <= FEW ? null : bestKey(candidates);
    this.key = best;
    if (best == null) {
      this.linear = candidates.toArray(Ranked[]::new);
      this.byValue = null;
      this.others = null;
      return;
    }
    this.linear = new Ranked[0];
    Map<String, List<Ranked>> buckets = new LinkedHashMap<>();
    List<Ranked> rest = new ArrayList<>();
    for (Ranked ranked : candidates) {
      String value = exactValues(ranked.candidate()).get(best);
      (value == null ? rest : buckets.computeIfAbsent(value, ignored -> new ArrayList<>()))
          .add(ranked);
    }
    Map<String, CandidateSet> sets = new LinkedHashMap<>();
    buckets.forEach((value, bucket) -> sets.put(value, new CandidateSet(bucket)));
    this.byValue = ByteTable.of(sets);
    this.others = new CandidateSet(rest);
  }

  /**
   * @param ordered the highest precedence first
   */
  static CandidateSet of(List<Candidate> ordered) {
    List<Ranked> ranked = new ArrayList<>();
    for (Candidate candidate : ordered) {
      ranked.add(new Ranked(candidate, ranked.size()));
    }
    return ranked.isEmpty() ? EMPTY : new CandidateSet(ranked);
  }

  boolean isEmpty() {
    return key == null && linear.length == 0;
  }

  /** The target of the first candidate that fits, or null. */
  @Nullable RouteTarget first(RequestHead head, @Nullable MatchTrace trace) {
    Ranked found = find(head, trace);
    return found == null ? null : found.candidate().target();
  }

  private @Nullable Ranked find(RequestHead head, @Nullable MatchTrace trace) {
    if (key == null || byValue == null || others == null) {
      return tryAll(head, trace);
    }
    if (trace != null) {
      trace.step();
    }
    CandidateSet bucket = bucket(key, byValue, head);
    Ranked ofValue = bucket == null ? null : bucket.find(head, trace);
    Ranked ofOthers = others.find(head, trace);
    if (ofValue == null || ofOthers == null) {
      return ofValue == null ? ofOthers : ofValue;
    }
    return ofValue.rank() < ofOthers.rank() ? ofValue : ofOthers;
  }

  private @Nullable Ranked tryAll(RequestHead head, @Nullable MatchTrace trace) {
    for (Ranked ranked : linear) {
      Candidate candidate = ranked.candidate();
      if (trace != null) {
        trace.candidate(candidate, candidate.firstFailure(head));
      }
      if (candidate.fits(head)) {
        return ranked;
      }
    }
    return null;
  }

  private static @Nullable CandidateSet bucket(
      Key key, ByteTable<CandidateSet> byValue, RequestHead head) {
    return switch (key) {
      case Key.Header(HeaderName name) -> {
        int slot = head.indexOf(name, 0);
        if (slot < 0) {
          yield null;
        }
        if (head.indexOf(name, slot + 1) < 0) {
          yield byValue.get(head.bytes(), head.valueOffset(slot), head.valueLength(slot));
        }
        byte[] joined = HeaderRule.joined(name, head, slot); // several lines are one value
        yield byValue.get(joined, 0, joined.length);
      }
      case Key.Query(String name) -> {
        byte[] value = QueryRule.firstValue(name, head);
        yield value == null ? null : byValue.get(value, 0, value.length);
      }
    };
  }

  /** The key that divides most; null if none divides enough to be worth a lookup. */
  private static @Nullable Key bestKey(List<Ranked> candidates) {
    Map<Key, Set<String>> values = new HashMap<>();
    for (Ranked ranked : candidates) {
      exactValues(ranked.candidate())
          .forEach(
              (key, value) -> values.computeIfAbsent(key, ignored -> new HashSet<>()).add(value));
    }
    Key best = null;
    int most = FEW / 2;
    for (Map.Entry<Key, Set<String>> entry : values.entrySet()) {
      if (entry.getValue().size() > most) {
        best = entry.getKey();
        most = entry.getValue().size();
      }
    }
    return best;
  }

  /** What a candidate asks for exactly; of two rules on one name the first, both are checked. */
  private static Map<Key, String> exactValues(Candidate candidate) {
    Map<Key, String> values = new HashMap<>();
    for (HeaderRule rule : candidate.headers()) {
      if (rule.value() instanceof ValueRule.Exact(byte[] value)) {
        values.putIfAbsent(new Key.Header(rule.name()), new String(value, StandardCharsets.UTF_8));
      }
    }
    for (QueryRule rule : candidate.queryParams()) {
      if (rule.value() instanceof ValueRule.Exact(byte[] value)) {
        values.putIfAbsent(new Key.Query(rule.name()), new String(value, StandardCharsets.UTF_8));
      }
    }
    return values;
  }
}
