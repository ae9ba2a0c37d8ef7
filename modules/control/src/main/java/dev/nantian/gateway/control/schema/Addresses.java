package dev.nantian.gateway.control.schema;

import com.google.re2j.Pattern;
import java.net.Inet4Address;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/** The forms of network addresses. Nothing is ever resolved. */
final class Addresses {

  private static final Pattern HOSTNAME =
      Pattern.compile("(\\*\\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");
  private static final Pattern DOTTED_QUAD = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}");

  private Addresses() {}

  static boolean isIp(String text) {
    return isIpv4(text) || isIpv6(text);
  }

  /**
   * Dotted decimal with all four parts (RFC 3986, 3.2.2): the platform also takes 127.1, which
   * nobody means.
   */
  static boolean isIpv4(String text) {
    return DOTTED_QUAD.matcher(text).matches() && literal(text) instanceof Inet4Address;
  }

  static boolean isIpv6(String text) {
    // An IPv4-mapped address is read as IPv4 by the platform and is IPv6 for Kubernetes.
    return text.contains(":")
        && !text.contains("%")
        && !text.startsWith("[")
        && literal(text) != null;
  }

  static boolean isHostname(String text) {
    return HOSTNAME.matcher(text).matches();
  }

  private static @Nullable InetAddress literal(String text) {
    try {
      return InetAddress.ofLiteral(text);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
