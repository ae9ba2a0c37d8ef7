package dev.nantian.gateway.proxy.route;

import com.google.re2j.Pattern;
import dev.nantian.gateway.proxy.http.RequestHead;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All rules of one hostname of one listener, compiled: exact paths in a hash table, regular
 * expressions in a list, prefixes in a trie of path elements.
 *
 * <p>Immutable. A request costs one hash lookup for the exact path, one for each element of its
 * path that the trie knows, one run of each regular expression <em>of this hostname</em>, and the
 * predicates of the candidates that share its path ({@link CandidateSet}): none of it grows with
 * the number of routes.
 */
final class PathTable {
  private final String hostname;
  private final List<Candidate> ordered;
  private final ByteTable<CandidateSet> exact;
  private final Candidate[] regexes;
  private final PrefixNode prefixes;

  /**
   * @param hostname for explain
   * @param candidates in any order
   */
  PathTable(String hostname, List<Candidate> candidates) {
    this.hostname = hostname;
    List<Candidate> sorted = new ArrayList<>(candidates);
    sorted.sort(Candidate.PRECEDENCE);
    this.ordered = List.copyOf(sorted);
    Map<String, List<Candidate>> byPath = new LinkedHashMap<>();
    List<Candidate> byRegex = new ArrayList<>();
    PrefixNode.Builder trie = new PrefixNode.Builder();
    for (Candidate candidate : sorted) {
      switch (candidate.path()) {
        case PathRule.Exact(String path) ->
            byPath.computeIfAbsent(path, _ -> new ArrayList<>()).add(candidate);
        case PathRule.Regex _ -> byRegex.add(candidate);
        case PathRule.Prefix(String path) -> trie.add(path, candidate);
      }
    }
    Map<String, CandidateSet> sets = new LinkedHashMap<>();
    byPath.forEach((path, list) -> sets.put(path, CandidateSet.of(list)));
    this.exact = ByteTable.of(sets);
    this.regexes = byRegex.toArray(Candidate[]::new);
    this.prefixes = trie.build(null);
  }

  String hostname() {
    return hostname;
  }

  /** Every candidate, the highest precedence first. */
  List<Candidate> ordered() {
    return ordered;
  }

  /** The target of the first candidate that fits, or null. */
  @Nullable RouteTarget match(RequestHead head, @Nullable MatchTrace trace) {
    RouteTarget target = null;
    if (exact.size() > 0) {
      if (trace != null) {
        trace.step();
      }
      CandidateSet candidates = exact.get(head.bytes(), head.pathOffset(), head.pathLength());
      if (candidates != null) {
        target = candidates.first(head, trace);
      }
    }
    if (target == null && regexes.length > 0) {
      target = firstRegex(head, trace);
    }
    if (target == null) {
      PrefixNode node = prefixes.deepest(head, trace);
      while (node != null && target == null) {
        target = node.candidates.first(head, trace);
        node = node.shorter;
      }
    }
    return target;
  }

  private @Nullable RouteTarget firstRegex(RequestHead head, @Nullable MatchTrace trace) {
    byte[] path =
        Arrays.copyOfRange(head.bytes(), head.pathOffset(), head.pathOffset() + head.pathLength());
    Pattern last = null;
    boolean lastMatched = false;
    for (Candidate candidate : regexes) {
      if (!(candidate.path() instanceof PathRule.Regex(Pattern pattern))) {
        continue;
      }
      // Equal expressions that differ in their other predicates mostly stand together: run once.
      if (last == null || !last.pattern().equals(pattern.pattern())) {
        if (trace != null) {
          trace.step();
        }
        last = pattern;
        lastMatched = pattern.matches(path);
      }
      if (lastMatched) {
        if (trace != null) {
          trace.candidate(candidate, candidate.firstFailure(head));
        }
        if (candidate.fits(head)) {
          return candidate.target();
        }
      }
    }
    return null;
  }

  /** The prefix that ends at one path element. */
  private static final class PrefixNode {
    private final @Nullable ByteTable<PrefixNode> children;
    private final CandidateSet candidates;

    /** The longest shorter prefix that has candidates: where to go on when none here fits. */
    private final @Nullable PrefixNode shorter;

    private PrefixNode(Builder source, @Nullable PrefixNode shorter) {
      this.shorter = shorter;
      this.candidates = CandidateSet.of(source.candidates);
      if (source.children.isEmpty()) {
        this.children = null;
      } else {
        PrefixNode next = candidates.isEmpty() ? shorter : this;
        Map<String, PrefixNode> built = new LinkedHashMap<>();
        source.children.forEach((element, child) -> built.put(element, child.build(next)));
        this.children = ByteTable.of(built);
      }
    }

    /** Walks down the path's elements: the longest prefix with candidates that covers the path. */
    private @Nullable PrefixNode deepest(RequestHead head, @Nullable MatchTrace trace) {
      byte[] bytes = head.bytes();
      int end = head.pathOffset() + head.pathLength();
      int at = head.pathOffset() + 1;
      PrefixNode node = this;
      PrefixNode best = candidates.isEmpty() ? null : this;
      while (at < end && node.children != null) {
        int stop = at;
        while (stop < end && bytes[stop] != '/') {
          stop++;
        }
        if (trace != null) {
          trace.step();
        }
        PrefixNode child = node.children.get(bytes, at, stop - at);
        if (child == null) {
          break;
        }
        node = child;
        if (!node.candidates.isEmpty()) {
          best = node;
        }
        at = stop + 1;
      }
      return best;
    }

    private static final class Builder {
      private final Map<String, Builder> children = new LinkedHashMap<>();
      private final List<Candidate> candidates = new ArrayList<>();

      private void add(String prefix, Candidate candidate) {
        Builder node = this;
        int at = 1;
        while (at < prefix.length()) {
          int slash = prefix.indexOf('/', at);
          int stop = slash < 0 ? prefix.length() : slash;
          node = node.children.computeIfAbsent(prefix.substring(at, stop), _ -> new Builder());
          at = stop + 1;
        }
        node.candidates.add(candidate);
      }

      private PrefixNode build(@Nullable PrefixNode shorter) {
        return new PrefixNode(this, shorter);
      }
    }
  }
}
