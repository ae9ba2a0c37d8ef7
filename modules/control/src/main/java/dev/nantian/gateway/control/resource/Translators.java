package dev.nantian.gateway.control.resource;

import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.control.translate.BackendLbPolicyTranslator;
import dev.nantian.gateway.control.translate.BackendTlsPolicyTranslator;
import dev.nantian.gateway.control.translate.ConfigMapTranslator;
import dev.nantian.gateway.control.translate.EndpointSliceTranslator;
import dev.nantian.gateway.control.translate.GatewayClassTranslator;
import dev.nantian.gateway.control.translate.GatewayTranslator;
import dev.nantian.gateway.control.translate.GrpcRouteTranslator;
import dev.nantian.gateway.control.translate.HttpFilterTranslator;
import dev.nantian.gateway.control.translate.HttpRouteTranslator;
import dev.nantian.gateway.control.translate.Inputs;
import dev.nantian.gateway.control.translate.L4RouteTranslator;
import dev.nantian.gateway.control.translate.ListenerSetTranslator;
import dev.nantian.gateway.control.translate.NamespaceTranslator;
import dev.nantian.gateway.control.translate.ReferenceGrantTranslator;
import dev.nantian.gateway.control.translate.SecretTranslator;
import dev.nantian.gateway.control.translate.ServiceTranslator;
import dev.nantian.gateway.control.translate.Translation;
import dev.nantian.gateway.control.translate.Translator;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.Set;

/** The translator of each kind. */
public final class Translators {
  private final String controllerName;

  /**
   * @param controllerName of the GatewayClasses that are ours
   */
  public Translators(String controllerName) {
    this.controllerName = controllerName;
  }

  /** The translator of a kind. */
  public Translator<HasMetadata> of(Kind kind) {
    return switch (kind) {
      case GATEWAY_CLASS -> typed(kind, new GatewayClassTranslator(controllerName));
      case GATEWAY -> typed(kind, new GatewayTranslator());
      case HTTP_ROUTE -> typed(kind, new HttpRouteTranslator(controllerName));
      case LISTENER_SET -> typed(kind, new ListenerSetTranslator());
      case GRPC_ROUTE -> typed(kind, new GrpcRouteTranslator(controllerName));
      case TLS_ROUTE -> typed(kind, L4RouteTranslator.tls(controllerName));
      case TCP_ROUTE -> typed(kind, L4RouteTranslator.tcp(controllerName));
      case UDP_ROUTE -> typed(kind, L4RouteTranslator.udp(controllerName));
      case BACKEND_TLS_POLICY -> typed(kind, new BackendTlsPolicyTranslator(controllerName));
      case BACKEND_LB_POLICY -> typed(kind, new BackendLbPolicyTranslator(controllerName));
      case HTTP_FILTER -> typed(kind, new HttpFilterTranslator());
      case SERVICE -> typed(kind, new ServiceTranslator());
      case ENDPOINT_SLICE -> typed(kind, new EndpointSliceTranslator());
      case SECRET -> typed(kind, new SecretTranslator());
      case CONFIG_MAP -> typed(kind, new ConfigMapTranslator());
      case NAMESPACE -> typed(kind, new NamespaceTranslator());
      case REFERENCE_GRANT -> typed(kind, new ReferenceGrantTranslator());
    };
  }

  @SuppressWarnings("unchecked") // cast() checks the object against the kind's model class
  private static <T extends HasMetadata> Translator<HasMetadata> typed(
      Kind kind, Translator<T> translator) {
    Class<T> model = (Class<T>) kind.model();
    return new Translator<>() {
      @Override
      public Set<ResourceKey> dependencies(ResourceKey key, HasMetadata object) {
        return translator.dependencies(key, model.cast(object));
      }

      @Override
      public Translation translate(ResourceKey key, HasMetadata object, Inputs inputs) {
        return translator.translate(key, model.cast(object), inputs);
      }

      @Override
      public Translation absent(ResourceKey key, Inputs inputs) {
        return translator.absent(key, inputs);
      }
    };
  }
}
