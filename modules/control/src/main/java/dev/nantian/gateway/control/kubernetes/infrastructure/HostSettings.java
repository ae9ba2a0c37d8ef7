package dev.nantian.gateway.control.kubernetes.infrastructure;

import java.util.Locale;

/**
 * Which hosts' addresses Gateways have.
 *
 * @param proxyService name of the Service, in the control plane's namespace, whose endpoints are
 *     the proxies
 * @param address which address of a host
 * @param everyNode hosts without a proxy too; else those on which a proxy is ready
 */
public record HostSettings(String proxyService, Address address, boolean everyNode) {

  /** An address of a host. */
  public enum Address {
    /** That of the proxies' endpoints, which are the hosts' own where proxies use their network. */
    ENDPOINT("endpoint"),
    /** {@code Node.status.addresses} of type InternalIP. */
    INTERNAL_IP("InternalIP"),
    /** {@code Node.status.addresses} of type ExternalIP. */
    EXTERNAL_IP("ExternalIP");

    private final String apiName;

    Address(String apiName) {
      this.apiName = apiName;
    }

    /** As in {@code Node.status.addresses[].type}. */
    public String apiName() {
      return apiName;
    }

    /** The type of a Node's address of this name, in any case. */
    public static Address ofNode(String name) {
      for (Address type : new Address[] {INTERNAL_IP, EXTERNAL_IP}) {
        if (type.apiName.toLowerCase(Locale.ROOT).equals(name.toLowerCase(Locale.ROOT))) {
          return type;
        }
      }
      throw new IllegalArgumentException(name + " (expected InternalIP or ExternalIP)");
    }
  }

  public HostSettings {
    if (everyNode && address == Address.ENDPOINT) {
      throw new IllegalArgumentException("endpoint of every node (expected an address of nodes)");
    }
  }

  /** Whether Nodes must be read. */
  public boolean readsNodes() {
    return address != Address.ENDPOINT;
  }
}
