package dev.nantian.gateway.proxy.filter;

/** What an {@link ExchangeFilter} wants to happen after a call. */
public enum Verdict {
  /** The message goes on. */
  CONTINUE,
  /**
   * The message stays here, and nothing more of its direction comes, until {@link
   * FilterExchange#resumeRequest} or {@link FilterExchange#resumeResponse} is called. A call that
   * was made before this is returned counts.
   */
  PAUSE
}
