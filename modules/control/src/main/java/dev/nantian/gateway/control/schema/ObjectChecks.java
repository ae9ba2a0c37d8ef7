package dev.nantian.gateway.control.schema;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.nantian.gateway.control.source.Kind;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The checks that one object must pass alone. Stateless and safe for any thread. */
public final class ObjectChecks {

  private ObjectChecks() {}

  /**
   * Fills in the values that the kind's schema has for fields that are absent, as an API server
   * does before it checks: after this a route without matches matches everything, and a backend
   * without weight has weight 1.
   */
  public static void fillDefaults(Kind kind, ObjectNode object) {
    SchemaDefaults.fill(kind, object);
  }

  /**
   * What is wrong with an object whose defaults are filled in, by the schema first; at most one
   * violation a field.
   */
  public static List<Violation> check(Kind kind, ObjectNode object) {
    return check(kind, object, SchemaCheck.check(kind, object));
  }

  /**
   * The same, except that fields the schema does not know are passed over: a server of a newer
   * version may have more of them.
   */
  public static List<Violation> checkKnownFields(Kind kind, ObjectNode object) {
    return check(kind, object, SchemaCheck.checkKnownFields(kind, object));
  }

  private static List<Violation> check(Kind kind, ObjectNode object, List<Violation> bySchema) {
    List<Violation> all = new ArrayList<>(bySchema);
    Field root = Field.root(object);
    switch (kind) {
      case GATEWAY -> GatewayRules.check(root);
      case LISTENER_SET -> GatewayRules.checkListenerSet(root);
      case HTTP_ROUTE -> HttpRouteRules.check(root);
      case GRPC_ROUTE -> GrpcRouteRules.check(root);
      case TLS_ROUTE, TCP_ROUTE, UDP_ROUTE -> L4RouteRules.check(root);
      case BACKEND_TLS_POLICY -> BackendTlsPolicyRules.check(root);
      case BACKEND_LB_POLICY -> LbPolicyRules.check(root);
      case HTTP_FILTER -> FilterRules.check(root);
      case SERVICE -> CoreRules.checkService(root);
      case ENDPOINT_SLICE -> CoreRules.checkEndpointSlice(root);
      case SECRET -> CoreRules.checkSecret(root);
      case CONFIG_MAP -> CoreRules.checkConfigMap(root);
      case GATEWAY_CLASS, NAMESPACE, REFERENCE_GRANT -> {}
    }
    all.addAll(root.violations());
    Set<String> fields = new HashSet<>();
    all.removeIf(violation -> !fields.add(violation.fieldPath()));
    return all;
  }
}
