package dev.nantian.gateway.control.conformance;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Tests of the suite v1.5.1 beyond core HTTPRoutes, with the statuses that each one's Go code asks
 * for. The requests that they send are no matter here.
 */
final class KindTests {
  private static final String NS = "gateway-conformance-infra/";
  private static final String[] ATTACHED = {
    "Accepted=True/Accepted", "ResolvedRefs=True/ResolvedRefs"
  };
  private static final String[] SERVED = {"Accepted=True", "Programmed=True", "ResolvedRefs=True"};
  private static final String[] NOT_ALLOWED = {
    "Accepted=False/NotAllowed", "Programmed=False/NotAllowed"
  };
  private static final String[] NOT_VALID = {
    "Accepted=False/ListenersNotValid", "Programmed=False/ListenersNotValid"
  };

  /**
   * @param name as the suite has it
   * @param file of its manifests
   */
  record KindTest(String name, String file, List<Wanted> wanted) {
    @Override
    public String toString() {
      return name;
    }
  }

  /**
   * @param part empty for the object, {@code listener NAME}, {@code parent NAME} or {@code ancestor
   *     NAME}
   * @param conditions {@code Type=True}, {@code Type=False/Reason}, {@code !Type=True} for none
   *     such, {@code #field=value}
   */
  record Wanted(String kind, String name, String part, List<String> conditions) {}

  private KindTests() {}

  static List<KindTest> all() {
    List<KindTest> tests = new ArrayList<>();
    addGrpc(tests);
    addLayer4(tests);
    addListenerSets(tests);
    addBackendTls(tests);
    addClientCertificates(tests);
    addHttpExtended(tests);
    return tests;
  }

  private static void addGrpc(List<KindTest> tests) {
    for (String[] test :
        new String[][] {
          {"GRPCExactMethodMatching", "grpcroute-exact-method-matching", "exact-matching"},
          {"GRPCRouteHeaderMatching", "grpcroute-header-matching", "grpc-header-matching"},
          {"GRPCRouteWeight", "grpcroute-weight", "weighted-backends"},
          {"GRPCRouteNamedRule", "grpcroute-named-rule", "grpc-named-rules"}
        }) {
      tests.add(
          test(
              test[0],
              test[1],
              wanted("GRPCRoute", NS + test[2], "parent same-namespace", ATTACHED)));
    }
    String gateway = "parent grpcroute-listener-hostname-matching";
    tests.add(
        test(
            "GRPCRouteListenerHostnameMatching",
            "grpcroute-listener-hostname-matching",
            wanted("GRPCRoute", NS + "backend-v1", gateway, ATTACHED),
            wanted("GRPCRoute", NS + "backend-v2", gateway, ATTACHED),
            wanted("GRPCRoute", NS + "backend-v3", gateway, ATTACHED)));
  }

  private static void addLayer4(List<KindTest> tests) {
    tests.add(
        test(
            "TLSRouteSimpleSameNamespace",
            "tlsroute-simple-same-namespace",
            wanted("Gateway", NS + "gateway-tlsroute", "", "Accepted=True", "Programmed=True"),
            wanted(
                "TLSRoute",
                NS + "gateway-conformance-infra-test",
                "parent gateway-tlsroute",
                ATTACHED)));
    tests.add(
        test(
            "TLSRouteTerminateSimpleSameNamespace",
            "tlsroute-terminate-simple-same-namespace",
            wanted(
                "TLSRoute",
                NS + "tlsroute-terminated-test",
                "parent gateway-tlsroute-terminate",
                ATTACHED)));
    String mixed = "gateway-tlsroute-mixed-termination";
    tests.add(
        test(
            "TLSRouteMixedTerminationSameNamespace",
            "tlsroute-mixed-termination-same-namespace",
            wanted("Gateway", NS + mixed, "listener tls-terminate", "Accepted=True/Accepted"),
            wanted("Gateway", NS + mixed, "listener tls-passthrough", "Accepted=True/Accepted"),
            wanted(
                "TLSRoute",
                NS + "gateway-conformance-mixed-terminateroute",
                "parent " + mixed,
                ATTACHED),
            wanted(
                "TLSRoute",
                NS + "gateway-conformance-mixed-passthroughroute",
                "parent " + mixed,
                ATTACHED)));
    tests.add(
        test(
            "TLSRouteInvalidReferenceGrant",
            "tlsroute-invalid-reference-grant",
            wanted(
                "TLSRoute",
                NS + "gateway-conformance-infra-test",
                "parent gateway-tlsroute-referencegrant",
                "Accepted=True/Accepted",
                "ResolvedRefs=False/RefNotPermitted")));
    tests.add(
        test(
            "TLSRouteInvalidBackendRefNonexistent",
            "tlsroute-invalid-backendref-nonexistent",
            wanted(
                "TLSRoute",
                NS + "invalid-backend-ref-nonexistent",
                "parent gateway-tlsroute-invalid-backend-ref-nonexistent",
                "Accepted=True/Accepted",
                "ResolvedRefs=False/BackendNotFound")));
    tests.add(
        test(
            "TLSRouteInvalidBackendRefUnknownKind",
            "tlsroute-invalid-backendref-unknown-kind",
            wanted(
                "TLSRoute",
                NS + "invalid-backend-ref-unknown-kind",
                "parent gateway-tlsroute-invalid-backend-ref-unknown-kind",
                "Accepted=True/Accepted",
                "ResolvedRefs=False/InvalidKind")));
    tests.add(
        test(
            "TLSRouteInvalidNoMatchingListenerHostname",
            "tlsroute-invalid-no-matching-listener-hostname",
            wanted(
                "TLSRoute",
                NS + "tlsroute-hostname-mismatch-1",
                "parent gateway-tls-exact-hostname",
                "Accepted=False/NoMatchingListenerHostname"),
            wanted(
                "TLSRoute",
                NS + "tlsroute-hostname-mismatch-2",
                "parent gateway-tls-wildcard-hostname",
                "Accepted=False/NoMatchingListenerHostname")));
    tests.add(
        test(
            "TLSRouteInvalidNoMatchingListener",
            "tlsroute-invalid-no-matching-listener",
            wanted(
                "TLSRoute",
                NS + "tlsroute-not-allowed-protocol-http",
                "parent gateway-tlsroute-http-only",
                "Accepted=False/NotAllowedByListeners"),
            wanted(
                "TLSRoute",
                NS + "tlsroute-not-allowed-protocol-https",
                "parent gateway-tlsroute-https-only",
                "Accepted=False/NotAllowedByListeners"),
            wanted(
                "TLSRoute",
                NS + "tlsroute-no-matching-section-name",
                "parent gateway-tlsroute-tls-passthrough-only",
                "Accepted=False/NoMatchingParent")));
    tests.add(
        test(
            "TLSRouteHostnameIntersection",
            "tlsroute-hostname-intersection",
            wanted(
                "TLSRoute",
                NS + "tlsroute-more-specific-wc-hostname-x-1",
                "parent gw-tlsroute-exact-hostname-x-1",
                ATTACHED),
            wanted(
                "TLSRoute",
                NS + "tlsroute-exact-hostname-x-2",
                "parent gw-tlsroute-more-specific-wc-hostname-x-2",
                ATTACHED),
            wanted(
                "TLSRoute",
                NS + "tlsroute-less-specific-wc-hostname-x-2",
                "parent gw-tlsroute-more-specific-wc-hostname-x-2",
                ATTACHED),
            wanted(
                "TLSRoute",
                NS + "tlsroute-exact-hostname-x-4",
                "parent gw-tlsroute-empty-hostname-x-4",
                ATTACHED)));
    tests.add(
        test(
            "TLSRouteListenerPassthroughSupportedKinds",
            "tlsroute-listener-passthrough-supported-kinds",
            wanted(
                "Gateway",
                NS + "gateway-tlsroute-passthrough-supported-kind",
                "listener tls-passthrough",
                "ResolvedRefs=False/InvalidRouteKinds")));
    tests.add(
        test(
            "TLSRouteListenerTerminateSupportedKinds",
            "tlsroute-listener-terminate-supported-kinds",
            wanted(
                "Gateway",
                NS + "gateway-tlsroute-terminate-supported",
                "listener tls-terminate",
                "Accepted=True/Accepted")));
    tests.add(
        test(
            "HTTPRouteDisallowedKind",
            "httproute-disallowed-kind",
            wanted(
                "HTTPRoute",
                NS + "disallowed-kind",
                "parent tlsroutes-only",
                "Accepted=False/NotAllowedByListeners")));
    tests.add(
        test(
            "UDPRoute",
            "udproute-simple",
            wanted("UDPRoute", NS + "udp-coredns", "parent udp-gateway", ATTACHED)));
  }

  private static void addListenerSets(List<KindTest> tests) {
    String same = "gateway-allows-listenerset-in-same-namespace";
    tests.add(
        test(
            "ListenerSetAllowedNamespaceSame",
            "listenerset-allowed-namespace-same",
            wanted("Gateway", NS + same, "", "Accepted=True", "#attachedListenerSets=1"),
            wanted(
                "ListenerSet",
                NS + "listenerset-in-same-namespace",
                "",
                "Accepted=True/Accepted",
                "Programmed=True/Programmed"),
            wanted(
                "ListenerSet",
                NS + "listenerset-in-same-namespace",
                "listener listenerset-in-same-namespace-listener",
                SERVED),
            wanted(
                "ListenerSet",
                "gateway-api-listenerset-not-allowed-ns/listenerset-in-different-namespace",
                "",
                NOT_ALLOWED)));
    tests.add(
        test(
            "ListenerSetAllowedNamespaceSelector",
            "listenerset-allowed-namespace-selector",
            wanted(
                "Gateway",
                NS + "gateway-allows-listenerset-in-selected-namespace",
                "",
                "Accepted=True",
                "#attachedListenerSets=1"),
            wanted(
                "ListenerSet",
                "gateway-api-listenerset-selector-allowed-ns/listenerset-in-selected-namespace",
                "",
                "Accepted=True/Accepted",
                "Programmed=True/Programmed"),
            wanted(
                "ListenerSet",
                "gateway-api-listenerset-selector-not-allowed-ns/listenerset-not-in-selected-namespace",
                "",
                NOT_ALLOWED)));
    tests.add(
        test(
            "ListenerSetAllowedNamespaceNone",
            "listenerset-allowed-namespace-none",
            wanted(
                "Gateway",
                NS + "gateway-does-not-allow-listenerset",
                "",
                "Accepted=True",
                "#attachedListenerSets=0"),
            wanted("ListenerSet", NS + "listenerset-not-allowed", "", NOT_ALLOWED)));
    tests.add(
        test(
            "ListenerSetDefaultNotAllowed",
            "listenerset-default-not-allowed",
            wanted("ListenerSet", NS + "listenerset-default-not-allowed", "", NOT_ALLOWED)));
    addConflict(tests, "Hostname", "hostname");
    addConflict(tests, "Protocol", "protocol");
    String routing = NS + "listener-set-http-routing-1";
    tests.add(
        test(
            "ListenerSetHTTPRouting",
            "listenerset-http-routing",
            wanted(
                "Gateway",
                NS + "gateway-with-listener-sets-http-routing",
                "",
                "Programmed=True",
                "#attachedListenerSets=2"),
            wanted(
                "HTTPRoute",
                NS + "attaches-to-all-listeners",
                "parent listener-set-http-routing-1",
                ATTACHED),
            wanted(
                "HTTPRoute",
                NS + "listener-set-http-routing-1-section-route",
                "parent listener-set-http-routing-1",
                ATTACHED),
            wanted(
                "ListenerSet",
                routing,
                "listener listener-set-http-routing-1-listener-1",
                SERVED)));
    String grantNs = "gateway-api-listener-sets-test-reference-grant-ns/";
    tests.add(
        test(
            "ListenerSetReferenceGrant",
            "listenerset-reference-grant",
            wanted(
                "ListenerSet",
                NS + "listenerset-with-reference-grant",
                "",
                "Accepted=True",
                "Programmed=True"),
            wanted(
                "ListenerSet",
                NS + "listenerset-with-reference-grant",
                "listener listenerset-with-reference-grant-listener",
                "ResolvedRefs=True"),
            wanted("ListenerSet", grantNs + "listenerset-without-reference-grant", "", NOT_VALID),
            wanted(
                "ListenerSet",
                grantNs + "listenerset-without-reference-grant",
                "listener listenerset-without-reference-grant-listener",
                "ResolvedRefs=False/RefNotPermitted")));
    tests.add(
        test(
            "ListenerSetAllowedRoutesSupportedKinds",
            "listenerset-allowed-routes-supported-kinds",
            wanted(
                "ListenerSet",
                NS + "listenerset-test-allowed-routes-supported-kinds",
                "listener listener-set-listener-allowed-routes-tls-only",
                "ResolvedRefs=False/InvalidRouteKinds")));
    tests.add(
        test(
            "ListenerSetAllowedRoutesNamespaces",
            "listenerset-allowed-routes-namespaces",
            wanted(
                "HTTPRoute",
                NS + "route-in-same-namespace",
                "parent listenerset-test-allowed-routes-namespaces",
                "Accepted=True/Accepted"),
            wanted(
                "HTTPRoute",
                "gateway-api-routes-allowed-ns/route-in-selected-namespace",
                "parent listenerset-test-allowed-routes-namespaces",
                "Accepted=True/Accepted"),
            wanted(
                "ListenerSet",
                NS + "listenerset-test-allowed-routes-namespaces",
                "listener listener-set-listener-allowed-routes-all",
                "#attachedRoutes=3"),
            wanted(
                "ListenerSet",
                NS + "listenerset-test-allowed-routes-namespaces",
                "listener listener-set-listener-allowed-routes-same",
                "#attachedRoutes=1"),
            wanted(
                "ListenerSet",
                NS + "listenerset-test-allowed-routes-namespaces",
                "listener listener-set-listener-allowed-routes-selector",
                "#attachedRoutes=1")));
  }

  private static void addConflict(List<KindTest> tests, String name, String lower) {
    String reason = name + "Conflict";
    String[] conflicted = {
      "Accepted=False/" + reason, "Programmed=False/" + reason, "Conflicted=True/" + reason
    };
    String set = NS + "listenerset-with-" + lower + "-conflict-with-";
    String ofGateway = "listener " + lower + "-conflict-with-gateway-listener";
    String ofSet = "listener " + lower + "-conflict-with-listener-set-listener";
    tests.add(
        test(
            "ListenerSet" + name + "Conflict",
            "listenerset-" + lower + "-conflict",
            wanted(
                "Gateway",
                NS + "gateway-with-listenerset-" + lower + "-conflict",
                "",
                "Accepted=True",
                "#attachedListenerSets=2"),
            wanted(
                "ListenerSet",
                set + "gateway-1",
                "",
                "Accepted=True",
                "Programmed=True/Programmed"),
            wanted("ListenerSet", set + "gateway-1", "listener listener-set-1-listener", SERVED),
            wanted("ListenerSet", set + "gateway-1", ofGateway, conflicted),
            wanted("ListenerSet", set + "gateway-1", ofSet, SERVED),
            wanted("ListenerSet", set + "gateway-2", "", NOT_VALID),
            wanted("ListenerSet", set + "gateway-2", ofGateway, conflicted),
            wanted(
                "ListenerSet",
                set + "listener-set-1",
                "",
                "Accepted=True",
                "Programmed=True/Programmed"),
            wanted(
                "ListenerSet", set + "listener-set-1", "listener listener-set-2-listener", SERVED),
            wanted("ListenerSet", set + "listener-set-1", ofSet, conflicted),
            wanted("ListenerSet", set + "listener-set-2", "", NOT_VALID),
            wanted("ListenerSet", set + "listener-set-2", ofSet, conflicted)));
  }

  private static void addBackendTls(List<KindTest> tests) {
    String ancestor = "ancestor same-namespace";
    tests.add(
        test(
            "BackendTLSPolicy",
            "backendtlspolicy",
            wanted("BackendTLSPolicy", NS + "normative-test", ancestor, ATTACHED),
            wanted(
                "BackendTLSPolicy",
                NS + "normative-test",
                "ancestor same-namespace-with-https-listener",
                ATTACHED)));
    tests.add(
        test(
            "BackendTLSPolicySANValidation",
            "backendtlspolicy-san",
            wanted("BackendTLSPolicy", NS + "san-dns", ancestor, "Accepted=True/Accepted")));
    tests.add(
        test(
            "BackendTLSPolicyConflictResolution",
            "backendtlspolicy-conflict-resolution",
            wanted(
                "BackendTLSPolicy",
                NS + "conflicted-without-section-name-1",
                ancestor,
                "Accepted=True/Accepted"),
            wanted(
                "BackendTLSPolicy",
                NS + "conflicted-without-section-name-2",
                ancestor,
                "Accepted=False/Conflicted"),
            wanted(
                "BackendTLSPolicy",
                NS + "conflicted-with-section-name-1",
                ancestor,
                "Accepted=True/Accepted"),
            wanted(
                "BackendTLSPolicy",
                NS + "conflicted-with-section-name-2",
                ancestor,
                "Accepted=False/Conflicted"),
            wanted(
                "BackendTLSPolicy",
                NS + "not-conflicted-with-section-name",
                ancestor,
                "Accepted=True/Accepted"),
            wanted(
                "BackendTLSPolicy",
                NS + "not-conflicted-without-section-name",
                ancestor,
                "Accepted=True/Accepted")));
    for (String policy :
        List.of("nonexistent-ca-certificate-ref", "malformed-ca-certificate-ref")) {
      tests.add(
          test(
              "BackendTLSPolicyInvalidCACertificateRef " + policy,
              "backendtlspolicy-invalid-ca-certificate-ref",
              wanted(
                  "BackendTLSPolicy",
                  NS + policy,
                  ancestor,
                  "Accepted=False/NoValidCACertificate",
                  "ResolvedRefs=False/InvalidCACertificateRef")));
    }
    tests.add(
        test(
            "BackendTLSPolicyInvalidKind",
            "backendtlspolicy-invalid-kind",
            wanted(
                "BackendTLSPolicy",
                NS + "invalid-kind",
                ancestor,
                "Accepted=False/NoValidCACertificate",
                "ResolvedRefs=False/InvalidKind")));
    tests.add(
        test(
            "BackendTLSPolicyObservedGenerationBump",
            "backendtlspolicy-observed-generation-bump",
            wanted(
                "BackendTLSPolicy", NS + "observed-generation-bump", ancestor, "Accepted=True")));
  }

  private static void addClientCertificates(List<KindTest> tests) {
    String wrong = NS + "gateway-with-invalid-client-cert-validation";
    tests.add(
        test(
            "GatewayInvalidFrontendClientCertificateValidation",
            "gateway-with-invalid-clientcertificate-validation",
            wanted("Gateway", wrong, "listener https", SERVED),
            wanted(
                "Gateway",
                wrong,
                "listener https-unresolved",
                "ResolvedRefs=False/InvalidCACertificateRef",
                "Accepted=False/NoValidCACertificate",
                "Programmed=False"),
            wanted(
                "Gateway",
                wrong,
                "listener https-invalid-kind",
                "ResolvedRefs=False/InvalidCACertificateKind",
                "Accepted=False/NoValidCACertificate",
                "Programmed=False"),
            wanted(
                "Gateway",
                wrong,
                "listener https-grant-missing",
                "ResolvedRefs=False/RefNotPermitted",
                "Accepted=False/NoValidCACertificate",
                "Programmed=False")));
    String byDefault = NS + "invalid-default-client-validation-config";
    tests.add(
        test(
            "GatewayFrontendInvalidDefaultClientCertificateValidation",
            "gateway-invalid-default-frontend-client-certificate-validation",
            wanted("Gateway", byDefault, "listener http", SERVED),
            wanted(
                "Gateway",
                byDefault,
                "listener https",
                "ResolvedRefs=False/InvalidCACertificateRef",
                "Accepted=False/NoValidCACertificate",
                "Programmed=False")));
    tests.add(
        test(
            "GatewayFrontendClientCertificateValidationInsecureFallback",
            "gateway-with-clientcertificate-validation-insecure-fallback",
            wanted(
                "Gateway",
                NS + "client-validation-insecure-fallback",
                "",
                "InsecureFrontendValidationMode=True/ConfigurationChanged"),
            wanted(
                "HTTPRoute",
                NS + "client-cert-validation-insecure-fallback-test",
                "parent client-validation-insecure-fallback",
                ATTACHED)));
    for (String[] gateway :
        new String[][] {
          {"gateway-client-certificate-nonexistent-secret", "InvalidClientCertificateRef"},
          {"gateway-client-certificate-unsupported-group", "InvalidClientCertificateRef"},
          {"gateway-client-certificate-unsupported-kind", "InvalidClientCertificateRef"},
          {"gateway-client-certificate-malformed-secret", "InvalidClientCertificateRef"},
          {"gateway-client-certificate-missing-reference-grant", "RefNotPermitted"}
        }) {
      tests.add(
          test(
              "GatewayInvalidTLSBackendConfiguration " + gateway[0],
              "gateway-invalid-tls-backend-configuration",
              wanted(
                  "Gateway",
                  NS + gateway[0],
                  "",
                  "ResolvedRefs=False/" + gateway[1],
                  "Accepted=True/Accepted")));
    }
    tests.add(
        test(
            "GatewayBackendClientCertificateFeature",
            "gateway-tls-backend-client-certificate",
            wanted(
                "Gateway",
                NS + "gateway-tls-backend-client-certificate",
                "",
                "Accepted=True/Accepted",
                "ResolvedRefs=True"),
            wanted(
                "BackendTLSPolicy",
                NS + "gateway-tls-backend-client-certificate-test",
                "ancestor gateway-tls-backend-client-certificate",
                ATTACHED)));
  }

  private static void addHttpExtended(List<KindTest> tests) {
    for (String[] test :
        new String[][] {
          {"HTTPRouteCORS", "httproute-cors", "cors-multiple-origins-methods-headers"},
          {"HTTPRouteCORS", "httproute-cors", "cors-wildcard-methods-headers"},
          {
            "HTTPRouteCORSAllowCredentialsBehavior",
            "httproute-cors-allow-credentials-behavior",
            "cors-allow-credentials"
          },
          {"HTTPRouteRequestMirror", "httproute-request-mirror", "request-mirror"},
          {
            "HTTPRouteRequestMultipleMirrors",
            "httproute-request-multiple-mirrors",
            "request-multiple-mirrors"
          },
          {
            "HTTPRouteRequestPercentageMirror",
            "httproute-request-percentage-mirror",
            "request-percentage-mirror"
          },
          {"HTTPRouteNamedRule", "httproute-named-rule", "http-named-rules"}
        }) {
      tests.add(
          test(
              test[0] + " " + test[2],
              test[1],
              wanted(
                  "HTTPRoute",
                  NS + test[2],
                  "parent same-namespace",
                  "Accepted=True/Accepted",
                  "ResolvedRefs=True/ResolvedRefs",
                  "!PartiallyInvalid=True")));
    }
  }

  private static KindTest test(String name, String file, Wanted... wanted) {
    return new KindTest(name, file, Arrays.asList(wanted));
  }

  private static Wanted wanted(String kind, String name, String part, String... conditions) {
    return new Wanted(kind, name, part, List.of(conditions));
  }
}
