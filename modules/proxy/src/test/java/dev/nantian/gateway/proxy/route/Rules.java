package dev.nantian.gateway.proxy.route;

import com.google.re2j.Pattern;
import dev.nantian.gateway.proxy.filter.HeaderEdits;
import dev.nantian.gateway.proxy.http.HeaderName;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Short ways to write candidates and tables. */
final class Rules {
  static final RuleAction ACTION =
      new RuleAction(
          0,
          HeaderEdits.NONE,
          HeaderEdits.NONE,
          null,
          null,
          0,
          0,
          new WeightedBackends(List.of(), List.of()));

  private Rules() {}

  static PathRule exact(String path) {
    return new PathRule.Exact(path);
  }

  static PathRule prefix(String path) {
    return new PathRule.Prefix(path);
  }

  static PathRule regex(String pattern) {
    return new PathRule.Regex(Pattern.compile(pattern));
  }

  static HeaderRule header(String name, String value) {
    return new HeaderRule(HeaderName.of(name), ValueRule.exact(value));
  }

  static QueryRule query(String name, String value) {
    return new QueryRule(name, ValueRule.exact(value));
  }

  static Candidate candidate(String route, int rule, PathRule path) {
    return candidate(route, rule, path, "", List.of(), List.of(), 0);
  }

  static Candidate candidate(
      String route,
      int rule,
      PathRule path,
      String method,
      List<HeaderRule> headers,
      List<QueryRule> params,
      long created) {
    int prefixLength = path instanceof PathRule.Prefix(String text) ? text.length() : -1;
    return new Candidate(
        path,
        method.getBytes(StandardCharsets.US_ASCII),
        headers,
        params,
        created,
        new RouteTarget(route, rule, 0, prefixLength, ACTION));
  }

  static CompiledListeners oneListener(Map<String, List<Candidate>> byHostname) {
    return new CompiledListeners(
        List.of(
            new CompiledListeners.Listener(
                "",
                new ListenerEntry("ns/gw", "http", 80, null),
                ListenerRoutes.NONE.with(byHostname))));
  }

  static Map<String, List<Candidate>> byHostname(Object... hostnameThenCandidates) {
    Map<String, List<Candidate>> map = new LinkedHashMap<>();
    for (int i = 0; i < hostnameThenCandidates.length; i += 2) {
      map.computeIfAbsent((String) hostnameThenCandidates[i], _ -> new ArrayList<>())
          .add((Candidate) hostnameThenCandidates[i + 1]);
    }
    return map;
  }
}
