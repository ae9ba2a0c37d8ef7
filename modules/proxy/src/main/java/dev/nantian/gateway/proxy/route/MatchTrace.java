package dev.nantian.gateway.proxy.route;

import org.jspecify.annotations.Nullable;

/**
 * Watches a match: explain records it, tests count its steps. The hot path passes null, so there is
 * one algorithm and no explanation can differ from it.
 */
interface MatchTrace {
  /** A hash table was asked, or a regular expression was run. */
  void step();

  /**
   * The rules of a hostname are searched next.
   *
   * @param hostname as in the routes: exact, {@code *.suffix}, or empty for every hostname
   */
  void hostname(String hostname);

  /**
   * A candidate whose path fits was tried.
   *
   * @param failure the predicate that does not hold; null if the candidate won
   */
  void candidate(Candidate candidate, @Nullable String failure);
}
