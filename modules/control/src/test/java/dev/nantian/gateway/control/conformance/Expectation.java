package dev.nantian.gateway.control.conformance;

import java.util.List;
import java.util.Map;

/** What a test of the official suite wants of a status. Names are {@code namespace/name}. */
sealed interface Expectation {

  /** The Gateway is Accepted and Programmed and has an address; each route is attached to it. */
  record Attached(String gateway, List<String> routes) implements Expectation {}

  /** A condition of the route's parent entry for a Gateway; an empty reason means any. */
  record RouteCondition(String route, String gateway, String type, boolean holds, String reason)
      implements Expectation {}

  /** No parent entry of the route is Accepted. */
  record NoAcceptedParents(String route) implements Expectation {}

  /** No listener of the Gateway has a route attached. */
  record ZeroRoutes(String gateway) implements Expectation {}

  /** The Gateway has exactly these listeners. */
  record Listeners(String gateway, List<Listener> listeners) implements Expectation {}

  /** Every condition of the object is about its present generation. */
  record LatestConditions(String kind, String name, long generation) implements Expectation {}

  /**
   * @param kinds supported kinds that must be there; empty: none may be
   * @param conditions {@code Type=True} or {@code Type=False/Reason}
   */
  record Listener(String name, List<String> kinds, int attachedRoutes, List<String> conditions) {}

  /** One step of a test: what is edited before, and what must come of it. */
  record Step(Map<String, String> edits, List<Expectation> expectations) {}
}
