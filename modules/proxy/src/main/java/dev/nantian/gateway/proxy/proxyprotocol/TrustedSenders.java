package dev.nantian.gateway.proxy.proxyprotocol;

import io.netty.handler.ipfilter.IpFilterRuleType;
import io.netty.handler.ipfilter.IpSubnetFilterRule;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The ports that take connections with a PROXY header only, and who may say with it whom they speak
 * for.
 *
 * <p>Immutable.
 */
public final class TrustedSenders {
  /** No port takes PROXY headers. */
  public static final TrustedSenders NONE = new TrustedSenders(Map.of());

  private final Map<Integer, List<IpSubnetFilterRule>> byPort;

  private TrustedSenders(Map<Integer, List<IpSubnetFilterRule>> byPort) {
    this.byPort = Map.copyOf(byPort);
  }

  /**
   * These senders and those of one more port.
   *
   * @param port that listeners have
   * @param networks addresses or CIDRs
   * @throws IllegalArgumentException naming what is not one
   */
  public TrustedSenders with(int port, List<String> networks) {
    List<IpSubnetFilterRule> rules = new ArrayList<>();
    for (String network : networks) {
      rules.add(rule(network));
    }
    Map<Integer, List<IpSubnetFilterRule>> next = new java.util.HashMap<>(byPort);
    next.put(port, List.copyOf(rules));
    return new TrustedSenders(next);
  }

  private static IpSubnetFilterRule rule(String network) {
    int slash = network.indexOf('/');
    String address = slash < 0 ? network : network.substring(0, slash);
    try {
      InetAddress parsed = InetAddress.ofLiteral(address);
      int most = parsed.getAddress().length * 8;
      int bits = slash < 0 ? most : Integer.parseInt(network.substring(slash + 1));
      if (bits < 0 || bits > most) {
        throw new IllegalArgumentException(network + " (expected 0 to " + most + " bits)");
      }
      return new IpSubnetFilterRule(parsed, bits, IpFilterRuleType.ACCEPT);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(network + " (expected an address or a CIDR)", e);
    }
  }

  /** True if connections to this port must begin with a PROXY header. */
  public boolean isRequired(int port) {
    return byPort.containsKey(port);
  }

  /** True if what this sender says at this port is to be believed. */
  public boolean isTrusted(int port, InetSocketAddress sender) {
    List<IpSubnetFilterRule> rules = byPort.getOrDefault(port, List.of());
    for (IpSubnetFilterRule rule : rules) {
      if (rule.matches(sender)) {
        return true;
      }
    }
    return false;
  }
}
