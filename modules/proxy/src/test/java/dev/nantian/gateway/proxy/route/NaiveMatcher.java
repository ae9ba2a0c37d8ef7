package dev.nantian.gateway.proxy.route;

import com.google.re2j.Pattern;
import dev.nantian.gateway.proxy.http.RequestHead;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The specification's text, read as literally as possible: take every match of every route of the
 * listener, keep those that fit, sort them by the stated precedence, take the first.
 */
final class NaiveMatcher {
  record Hosted(String hostname, Candidate candidate) {}

  private NaiveMatcher() {}

  static Optional<Candidate> match(Map<String, List<Candidate>> byHostname, RequestHead head) {
    String host = head.text(head.hostOffset(), head.hostLength());
    List<Hosted> fitting = new ArrayList<>();
    byHostname.forEach(
        (hostname, candidates) -> {
          if (hostFits(hostname, host)) {
            for (Candidate candidate : candidates) {
              if (pathFits(candidate.path(), head) && candidate.fits(head)) {
                fitting.add(new Hosted(hostname, candidate));
              }
            }
          }
        });
    return fitting.stream()
        .min(
            Comparator.<Hosted>comparingInt(h -> -nonWildcardCharacters(h.hostname()))
                .thenComparingInt(h -> -h.hostname().length())
                .thenComparing(
                    Hosted::candidate,
                    Comparator.<Candidate>comparingInt(
                            c -> c.path() instanceof PathRule.Exact ? 0 : 1)
                        .thenComparingInt(c -> c.path() instanceof PathRule.Regex ? 0 : 1)
                        .thenComparingInt(
                            c ->
                                switch (c.path()) {
                                  case PathRule.Exact _ -> 0;
                                  case PathRule.Regex(Pattern p) -> -p.pattern().length();
                                  case PathRule.Prefix(String p) -> -p.length();
                                })
                        .thenComparing(c -> c.methodText().isEmpty())
                        .thenComparingInt(c -> -c.headers().size())
                        .thenComparingInt(c -> -c.queryParams().size())
                        .thenComparingLong(Candidate::createdMillis)
                        .thenComparing(c -> c.target().route())
                        .thenComparingInt(c -> c.target().ruleIndex())
                        .thenComparingInt(c -> c.target().matchIndex())))
        .map(Hosted::candidate);
  }

  private static int nonWildcardCharacters(String hostname) {
    return hostname.startsWith("*") ? 0 : hostname.length();
  }

  private static boolean hostFits(String hostname, String host) {
    return hostname.isEmpty()
        || hostname.equals(host)
        || (hostname.startsWith("*.")
            && host.length() > hostname.length() - 1
            && host.endsWith(hostname.substring(1)));
  }

  private static boolean pathFits(PathRule rule, RequestHead head) {
    String path = head.text(head.pathOffset(), head.pathLength());
    return switch (rule) {
      case PathRule.Exact(String exact) -> exact.equals(path);
      case PathRule.Regex(Pattern pattern) -> pattern.matches(path);
      case PathRule.Prefix(String prefix) -> {
        List<String> wanted = Arrays.asList(prefix.split("/", -1));
        List<String> given = Arrays.asList(path.split("/", -1));
        yield given.size() >= wanted.size() && given.subList(0, wanted.size()).equals(wanted);
      }
    };
  }
}
