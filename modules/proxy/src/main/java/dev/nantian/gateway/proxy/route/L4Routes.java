package dev.nantian.gateway.proxy.route;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The routes of one listener by hostname.
 *
 * <p>The most specific hostname wins: exact, then the longest wildcard, then none (Gateway API,
 * TLSRoute.spec.hostnames). A wildcard stands for one or more labels. Immutable.
 */
public final class L4Routes {
  /** A listener without routes. */
  public static final L4Routes NONE = new L4Routes(Map.of());

  private final Map<String, L4Target> byHostname;

  /**
   * @param byHostname exact names, {@code *.suffix}, or empty for every name; lower case
   */
  public L4Routes(Map<String, L4Target> byHostname) {
    this.byHostname = Map.copyOf(new LinkedHashMap<>(byHostname));
  }

  /**
   * The route for a server name, null if none fits. One hash lookup for each label of the name.
   *
   * @param serverName lower case; empty if the client gave none or there are no names (TCP, UDP)
   */
  public @Nullable L4Target target(String serverName) {
    L4Target exact = serverName.isEmpty() ? null : byHostname.get(serverName);
    if (exact != null) {
      return exact;
    }
    for (int dot = serverName.indexOf('.'); dot >= 0; dot = serverName.indexOf('.', dot + 1)) {
      L4Target wildcard = byHostname.get("*" + serverName.substring(dot));
      if (wildcard != null) {
        return wildcard;
      }
    }
    return byHostname.get("");
  }

  /** All routes by hostname. */
  public Map<String, L4Target> all() {
    return byHostname;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof L4Routes routes && routes.byHostname.equals(byHostname);
  }

  @Override
  public int hashCode() {
    return byHostname.hashCode();
  }
}
