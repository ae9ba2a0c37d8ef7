package dev.nantian.gateway.proxy.route;

import dev.nantian.gateway.proxy.http.Outcomes;
import dev.nantian.gateway.proxy.http.RequestHead;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Each byte is a choice: routes first, then requests. The compiled tables find what the
 * specification's text, read literally, finds.
 */
public final class MatcherFuzz {
  private static final String[] HOSTNAMES = {
    "", "a.example", "b.a.example", "*.example", "*.a.example", "*.b.a.example", "example"
  };
  private static final String[] HOSTS = {
    "a.example", "b.a.example", "c.b.a.example", "x.example", "example", "other", ".example"
  };
  private static final String[] PATHS = {
    "/", "/a", "/a/", "/a/b", "/a/b/", "/ab", "/a/b/c", "/b", "/a//b", "//"
  };
  private static final String[] PATTERNS = {"/a.*", "/[ab]", "/a/b", ".*", "/a(/.*)?"};
  private static final String[] METHODS = {"", "", "GET", "POST", "get"};
  private static final String[] NAMES = {"x-one", "X-Two", "x-three"};
  private static final String[] VALUES = {"1", "2", "1,1", "", "a b"};

  private final byte[] choices;
  private int at;

  private MatcherFuzz(byte[] choices) {
    this.choices = choices;
  }

  /** Jazzer's entry point. */
  public static void fuzzerTestOneInput(byte[] data) {
    if (data.length >= 8) {
      new MatcherFuzz(data).run();
    }
  }

  private void run() {
    Map<String, List<Candidate>> world = world();
    CompiledListeners compiled = Rules.oneListener(world);
    ListenerEntry listener = compiled.listeners().getFirst().entry();
    do {
      RequestHead head = request();
      Optional<RouteTarget> found = Optional.ofNullable(compiled.match(listener, head));
      Outcomes.same("match", NaiveMatcher.match(world, head).map(Candidate::target), found);
    } while (at < choices.length);
  }

  private int next(int bound) {
    return at < choices.length ? (choices[at++] & 0xff) % bound : 0;
  }

  private String one(String[] of) {
    return of[next(of.length)];
  }

  private Map<String, List<Candidate>> world() {
    Map<String, List<Candidate>> world = new LinkedHashMap<>();
    int count = 1 + next(24);
    for (int i = 0; i < count; i++) {
      PathRule path =
          switch (next(8)) {
            case 0, 1, 2 -> Rules.exact(one(PATHS));
            case 3 -> Rules.regex(one(PATTERNS));
            default -> Rules.prefix(one(PATHS));
          };
      List<HeaderRule> headers = new ArrayList<>();
      for (int h = next(4) - 1; h > 0; h--) {
        headers.add(
            next(6) == 0
                ? new HeaderRule(
                    dev.nantian.gateway.proxy.http.HeaderName.of(one(NAMES)),
                    new ValueRule.Regex(com.google.re2j.Pattern.compile("[12]+")))
                : Rules.header(one(NAMES), one(VALUES)));
      }
      List<QueryRule> params = new ArrayList<>();
      for (int q = next(4) - 1; q > 0; q--) {
        params.add(Rules.query(one(NAMES), one(VALUES)));
      }
      world
          .computeIfAbsent(one(HOSTNAMES), ignored -> new ArrayList<>())
          .add(
              new Candidate(
                  path,
                  one(METHODS).getBytes(StandardCharsets.US_ASCII),
                  headers,
                  params,
                  next(3),
                  new RouteTarget("ns/r" + next(3), next(3), i, -1, Rules.ACTION)));
    }
    return world;
  }

  private RequestHead request() {
    List<String> headers = new ArrayList<>();
    for (int h = next(4); h > 0; h--) {
      headers.add(one(NAMES) + ": " + one(VALUES));
    }
    StringBuilder target = new StringBuilder(one(PATHS));
    for (int q = next(3); q > 0; q--) {
      target
          .append(target.indexOf("?") < 0 ? '?' : '&')
          .append(one(NAMES))
          .append('=')
          .append(one(VALUES).replace(' ', '+'));
    }
    String method = one(METHODS);
    return Requests.request(
        method.isEmpty() ? "PUT" : method,
        one(HOSTS),
        target.toString(),
        headers.toArray(String[]::new));
  }
}
