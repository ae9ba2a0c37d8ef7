package dev.nantian.gateway.proxy.health;

/** How a try of a request at an endpoint ended, as far as its health is concerned. */
public enum Outcome {
  /** A response with a status below 500. */
  GOOD,
  /** A response with status 5xx, one that is not HTTP, or none in time. */
  ERROR_STATUS,
  /** No connection, or one that ended before the response. */
  CONNECTION_ERROR
}
