package dev.nantian.gateway.proxy.route;

/**
 * The end of a match: one match of one rule of one route.
 *
 * @param route {@code namespace/name} of the HTTPRoute
 * @param ruleIndex index of the rule in the route
 * @param matchIndex index of the match in the rule
 * @param prefixLength length of the matched path prefix without trailing slash, 0 for {@code /}; -1
 *     if the match is not a prefix match. {@code ReplacePrefixMatch} replaces this many bytes
 * @param action what to do, shared by all matches of the rule
 */
public record RouteTarget(
    String route, int ruleIndex, int matchIndex, int prefixLength, RuleAction action) {}
