package dev.nantian.gateway.control.conformance;

import dev.nantian.gateway.control.conformance.Expectation.Attached;
import dev.nantian.gateway.control.conformance.Expectation.LatestConditions;
import dev.nantian.gateway.control.conformance.Expectation.Listener;
import dev.nantian.gateway.control.conformance.Expectation.Listeners;
import dev.nantian.gateway.control.conformance.Expectation.NoAcceptedParents;
import dev.nantian.gateway.control.conformance.Expectation.RouteCondition;
import dev.nantian.gateway.control.conformance.Expectation.Step;
import dev.nantian.gateway.control.conformance.Expectation.ZeroRoutes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The core tests of profile GATEWAY-HTTP of the suite v1.5.1, with the statuses that each one's Go
 * code asks for. The requests that they send are no matter here.
 */
final class CoreTests {
  private static final String SAME = "gateway-conformance-infra/same-namespace";
  private static final String NS = "gateway-conformance-infra/";
  private static final List<String> HTTP_ROUTE = List.of("HTTPRoute");
  private static final String GATEWAY_ADD = gateway("gateway-add-listener");
  private static final String GATEWAY_REMOVE = gateway("gateway-remove-listener");
  private static final String HTTPS =
      """
        - name: https
          port: 443
          protocol: HTTPS
          hostname: "secure.test.com"
          allowedRoutes:
            namespaces:
              from: All
          tls:
            certificateRefs:
            - group: ""
              kind: Secret
              name: tls-validity-checks-certificate
              namespace: gateway-conformance-infra
      """;
  private static final List<String> VALID = List.of("Accepted=True", "ResolvedRefs=True");

  /**
   * @param name as the suite has it
   * @param file of its manifests
   */
  record CoreTest(String name, String file, List<Step> steps) {
    @Override
    public String toString() {
      return name;
    }
  }

  private CoreTests() {}

  static List<CoreTest> all() {
    List<CoreTest> tests = new ArrayList<>();
    tests.add(
        new CoreTest(
            "GatewayClassObservedGenerationBump",
            "gatewayclass-observed-generation-bump",
            List.of(
                step(latest("GatewayClass", "gatewayclass-observed-generation-bump", 1)),
                edited(
                    "description: \"old\"",
                    "description: \"new\"",
                    latest("GatewayClass", "gatewayclass-observed-generation-bump", 2)))));
    tests.add(
        test(
            "GatewayInvalidRouteKind",
            "gateway-invalid-route-kind",
            new Listeners(
                NS + "gateway-only-invalid-route-kind",
                List.of(
                    new Listener(
                        "http", List.of(), 0, List.of("ResolvedRefs=False/InvalidRouteKinds")))),
            new Listeners(
                NS + "gateway-supported-and-invalid-route-kind",
                List.of(
                    new Listener(
                        "http", HTTP_ROUTE, 0, List.of("ResolvedRefs=False/InvalidRouteKinds"))))));
    tests.add(
        test(
            "GatewayInvalidTLSConfiguration",
            "gateway-invalid-tls-configuration",
            tls("gateway-certificate-nonexistent-secret", "InvalidCertificateRef"),
            tls("gateway-certificate-unsupported-group", "InvalidCertificateRef"),
            tls("gateway-certificate-unsupported-kind", "InvalidCertificateRef"),
            tls("gateway-certificate-malformed-secret", "InvalidCertificateRef")));
    tests.add(modifyListeners());
    tests.add(
        new CoreTest(
            "GatewayObservedGenerationBump",
            "gateway-observed-generation-bump",
            List.of(
                step(latest("Gateway", NS + "gateway-observed-generation-bump", 1)),
                edited(
                    "  listeners:\n",
                    "  listeners:\n    - {name: alternate, hostname: foo.com, port: 80, protocol:"
                        + " HTTP, allowedRoutes: {namespaces: {from: All}}}\n",
                    latest("Gateway", NS + "gateway-observed-generation-bump", 2)))));
    tests.add(
        test(
            "GatewaySecretInvalidReferenceGrant",
            "gateway-secret-invalid-reference-grant",
            tls("gateway-secret-invalid-reference-grant", "RefNotPermitted")));
    tests.add(
        test(
            "GatewaySecretMissingReferenceGrant",
            "gateway-secret-missing-reference-grant",
            tls("gateway-secret-missing-reference-grant", "RefNotPermitted")));
    for (String which : List.of("all-in-namespace", "specific")) {
      String name = "gateway-secret-reference-grant-" + which;
      tests.add(
          test(
              which.equals("specific")
                  ? "GatewaySecretReferenceGrantSpecific"
                  : "GatewaySecretReferenceGrantAllInNamespace",
              name,
              new Listeners(
                  NS + name,
                  List.of(
                      new Listener(
                          "https",
                          HTTP_ROUTE,
                          0,
                          List.of("Programmed=True/Programmed", "ResolvedRefs=True"))))));
    }
    tests.add(
        test(
            "GatewayWithAttachedRoutes",
            "gateway-with-attached-routes",
            new Listeners(
                NS + "gateway-with-one-attached-route",
                List.of(new Listener("http", HTTP_ROUTE, 1, VALID))),
            new Listeners(
                NS + "gateway-with-two-attached-routes",
                List.of(new Listener("http", HTTP_ROUTE, 2, VALID))),
            new RouteCondition(
                NS + "http-route-not-accepted",
                NS + "gateway-with-two-attached-routes",
                "Accepted",
                false,
                "NoMatchingListenerHostname"),
            new Listeners(
                NS + "unresolved-gateway-with-one-attached-unresolved-route",
                List.of(
                    new Listener(
                        "tls", HTTP_ROUTE, 1, List.of("Programmed=False", "ResolvedRefs=False")))),
            new RouteCondition(
                NS + "http-route-4",
                NS + "unresolved-gateway-with-one-attached-unresolved-route",
                "ResolvedRefs",
                false,
                "")));
    tests.add(
        resolved(
            "HTTPRouteCrossNamespace",
            "httproute-cross-namespace",
            NS + "backend-namespaces",
            "gateway-conformance-web-backend/cross-namespace"));
    tests.add(
        resolved(
            "HTTPRouteExactPathMatching",
            "httproute-exact-path-matching",
            SAME,
            NS + "exact-matching"));
    tests.add(
        resolved(
            "HTTPRouteHTTPSListener",
            "httproute-https-listener",
            NS + "same-namespace-with-https-listener",
            NS + "httproute-https-test",
            NS + "httproute-https-test-no-hostname"));
    tests.add(
        resolved(
            "HTTPRouteHeaderMatching", "httproute-header-matching", SAME, NS + "header-matching"));
    tests.add(hostnameIntersection());
    tests.add(
        unresolved(
            "HTTPRouteInvalidBackendRefUnknownKind",
            "httproute-invalid-backendref-unknown-kind",
            NS + "invalid-backend-ref-unknown-kind",
            "InvalidKind"));
    tests.add(
        unresolved(
            "HTTPRouteInvalidCrossNamespaceBackendRef",
            "httproute-invalid-cross-namespace-backend-ref",
            NS + "invalid-cross-namespace-backend-ref",
            "RefNotPermitted"));
    String crossParent = "gateway-conformance-web-backend/invalid-cross-namespace-parent-ref";
    tests.add(
        test(
            "HTTPRouteInvalidCrossNamespaceParentRef",
            "httproute-invalid-cross-namespace-parent-ref",
            new RouteCondition(crossParent, SAME, "ResolvedRefs", true, "ResolvedRefs"),
            new RouteCondition(crossParent, SAME, "Accepted", false, "NotAllowedByListeners"),
            new NoAcceptedParents(crossParent),
            new ZeroRoutes(SAME)));
    tests.add(
        unresolved(
            "HTTPRouteInvalidNonExistentBackendRef",
            "httproute-invalid-nonexistent-backendref",
            NS + "invalid-nonexistent-backend-ref",
            "BackendNotFound"));
    tests.add(
        test(
            "HTTPRouteInvalidParentRefNotMatchingSectionName",
            "httproute-invalid-parentref-not-matching-section-name",
            new RouteCondition(
                NS + "httproute-listener-not-matching-section-name",
                SAME,
                "Accepted",
                false,
                "NoMatchingParent"),
            new NoAcceptedParents(NS + "httproute-listener-not-matching-section-name"),
            new ZeroRoutes(SAME)));
    tests.add(
        unresolved(
            "HTTPRouteInvalidReferenceGrant",
            "httproute-invalid-reference-grant",
            NS + "reference-grant",
            "RefNotPermitted"));
    tests.add(
        resolved(
            "HTTPRouteListenerHostnameMatching",
            "httproute-listener-hostname-matching",
            NS + "httproute-listener-hostname-matching",
            NS + "backend-v1",
            NS + "backend-v2",
            NS + "backend-v3"));
    tests.add(resolved("HTTPRouteMatching", "httproute-matching", SAME, NS + "matching"));
    tests.add(
        resolved(
            "HTTPRouteMatchingAcrossRoutes",
            "httproute-matching-across-routes",
            SAME,
            NS + "matching-part1",
            NS + "matching-part2"));
    tests.add(
        new CoreTest(
            "HTTPRouteObservedGenerationBump",
            "httproute-observed-generation-bump",
            List.of(
                step(latest("HTTPRoute", NS + "observed-generation-bump", 1)),
                edited(
                    "name: infra-backend-v1",
                    "name: infra-backend-v2",
                    latest("HTTPRoute", NS + "observed-generation-bump", 2),
                    new RouteCondition(NS + "observed-generation-bump", SAME, "Accepted", true, ""),
                    new RouteCondition(
                        NS + "observed-generation-bump",
                        SAME,
                        "ResolvedRefs",
                        true,
                        "ResolvedRefs")))));
    tests.add(
        unresolved(
            "HTTPRoutePartiallyInvalidViaInvalidReferenceGrant",
            "httproute-partially-invalid-via-invalid-reference-grant",
            NS + "invalid-reference-grant",
            "RefNotPermitted"));
    tests.add(
        resolved(
            "HTTPRoutePathMatchOrder",
            "httproute-path-match-order",
            SAME,
            NS + "path-matching-order"));
    tests.add(
        resolved(
            "HTTPRouteRedirectHostAndStatus",
            "httproute-redirect-host-and-status",
            SAME,
            NS + "redirect-host-and-status"));
    tests.add(referenceGrant());
    tests.add(
        resolved(
            "HTTPRouteRequestHeaderModifier",
            "httproute-request-header-modifier",
            SAME,
            NS + "request-header-modifier"));
    tests.add(
        resolved("HTTPRouteServiceTypes", "httproute-service-types", SAME, NS + "service-types"));
    tests.add(
        resolved(
            "HTTPRouteSimpleSameNamespace",
            "httproute-simple-same-namespace",
            SAME,
            NS + "gateway-conformance-infra-test"));
    tests.add(resolved("HTTPRouteWeight", "httproute-weight", SAME, NS + "weighted-backends"));
    return tests;
  }

  private static CoreTest modifyListeners() {
    String added =
        "  - {name: http, port: 80, protocol: HTTP, hostname: data.test.com, allowedRoutes:"
            + " {namespaces: {from: All}}}\n";
    return new CoreTest(
        "GatewayModifyListeners",
        "gateway-modify-listeners",
        List.of(
            step(
                latest("Gateway", NS + "gateway-add-listener", 1),
                latest("Gateway", NS + "gateway-remove-listener", 1)),
            new Step(
                edits(GATEWAY_ADD, GATEWAY_ADD + added, GATEWAY_REMOVE + HTTPS, GATEWAY_REMOVE),
                List.of(
                    new Listeners(
                        NS + "gateway-add-listener",
                        List.of(
                            new Listener("https", HTTP_ROUTE, 1, VALID),
                            new Listener("http", HTTP_ROUTE, 1, VALID))),
                    latest("Gateway", NS + "gateway-add-listener", 2),
                    new Listeners(
                        NS + "gateway-remove-listener",
                        List.of(new Listener("http", HTTP_ROUTE, 1, VALID))),
                    latest("Gateway", NS + "gateway-remove-listener", 2)))));
  }

  private static String gateway(String name) {
    return """
      name: %s
      namespace: gateway-conformance-infra
    spec:
      gatewayClassName: nantian
      listeners:
    """
        .formatted(name);
  }

  private static CoreTest hostnameIntersection() {
    String gateway = NS + "httproute-hostname-intersection";
    List<Expectation> expectations =
        new ArrayList<>(
            attached(
                gateway,
                NS + "specific-host-matches-listener-specific-host",
                NS + "specific-host-matches-listener-wildcard-host",
                NS + "wildcard-host-matches-listener-specific-host",
                NS + "wildcard-host-matches-listener-wildcard-host"));
    expectations.add(
        new RouteCondition(
            NS + "no-intersecting-hosts",
            gateway,
            "Accepted",
            false,
            "NoMatchingListenerHostname"));
    expectations.add(
        new Listeners(
            gateway,
            List.of(
                new Listener("listener-1", HTTP_ROUTE, 2, VALID),
                new Listener("listener-2", HTTP_ROUTE, 1, VALID),
                new Listener("listener-3", HTTP_ROUTE, 1, VALID))));
    expectations.addAll(
        attached(
            NS + "httproute-hostname-intersection-all",
            NS + "httproute-hostname-intersection-all"));
    return new CoreTest(
        "HTTPRouteHostnameIntersection",
        "httproute-hostname-intersection",
        List.of(new Step(Map.of(), expectations)));
  }

  private static CoreTest referenceGrant() {
    return new CoreTest(
        "HTTPRouteReferenceGrant",
        "httproute-reference-grant",
        List.of(
            new Step(Map.of(), attached(SAME, NS + "reference-grant")),
            // The suite deletes the grant; another namespace in its from has the same effect.
            edited(
                "    namespace: gateway-conformance-infra\n  to:",
                "    namespace: elsewhere\n  to:",
                new RouteCondition(
                    NS + "reference-grant", SAME, "ResolvedRefs", false, "RefNotPermitted"))));
  }

  private static CoreTest test(String name, String file, Expectation... expectations) {
    return new CoreTest(name, file, List.of(step(expectations)));
  }

  private static CoreTest resolved(String name, String file, String gateway, String... routes) {
    return new CoreTest(name, file, List.of(new Step(Map.of(), attached(gateway, routes))));
  }

  private static CoreTest unresolved(String name, String file, String route, String reason) {
    return test(
        name,
        file,
        new Attached(SAME, List.of(route)),
        new RouteCondition(route, SAME, "ResolvedRefs", false, reason));
  }

  private static List<Expectation> attached(String gateway, String... routes) {
    List<Expectation> expectations = new ArrayList<>();
    expectations.add(new Attached(gateway, Arrays.asList(routes)));
    for (String route : routes) {
      expectations.add(new RouteCondition(route, gateway, "ResolvedRefs", true, "ResolvedRefs"));
    }
    return expectations;
  }

  private static Listeners tls(String gateway, String reason) {
    return new Listeners(
        NS + gateway,
        List.of(new Listener("https", HTTP_ROUTE, 0, List.of("ResolvedRefs=False/" + reason))));
  }

  private static Expectation latest(String kind, String name, long generation) {
    return new LatestConditions(kind, name, generation);
  }

  private static Step step(Expectation... expectations) {
    return new Step(Map.of(), List.of(expectations));
  }

  private static Step edited(String from, String to, Expectation... expectations) {
    return new Step(Map.of(from, to), List.of(expectations));
  }

  private static Map<String, String> edits(String... pairs) {
    Map<String, String> edits = new LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      edits.put(pairs[i], pairs[i + 1]);
    }
    return edits;
  }
}
