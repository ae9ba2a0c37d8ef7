package dev.nantian.gateway.control.kubernetes.infrastructure;

import java.util.Locale;

/**
 * What is made for Gateways.
 *
 * @param serviceType of the Services
 * @param proxyService name of the Service, in the control plane's namespace, whose endpoints are
 *     the proxies
 * @param firstTarget first port at which proxies may listen for Gateways
 * @param lastTarget last one
 */
public record InfrastructureSettings(
    ServiceType serviceType, String proxyService, int firstTarget, int lastTarget) {

  /** Types of Services that give a Gateway an address. */
  public enum ServiceType {
    /** The cluster's load balancer gives the address. */
    LOAD_BALANCER("LoadBalancer"),
    /** A port of every node; the addresses are those of nodes. */
    NODE_PORT("NodePort"),
    /** An address that is reachable in the cluster only. */
    CLUSTER_IP("ClusterIP");

    private final String apiName;

    ServiceType(String apiName) {
      this.apiName = apiName;
    }

    /** As in {@code Service.spec.type}. */
    public String apiName() {
      return apiName;
    }

    /** The type of this name, in any case. */
    public static ServiceType of(String name) {
      for (ServiceType type : values()) {
        if (type.apiName.toLowerCase(Locale.ROOT).equals(name.toLowerCase(Locale.ROOT))) {
          return type;
        }
      }
      throw new IllegalArgumentException(name + " (expected LoadBalancer, NodePort or ClusterIP)");
    }
  }

  /** Target ports above those that need privileges and below those that connections leave from. */
  public static InfrastructureSettings of(ServiceType type, String proxyService) {
    return new InfrastructureSettings(type, proxyService, 10_000, 29_999);
  }
}
