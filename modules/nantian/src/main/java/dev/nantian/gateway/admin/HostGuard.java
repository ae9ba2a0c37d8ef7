package dev.nantian.gateway.admin;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Decides by the Host header whether a request was meant for us. A web page can make a browser call
 * any address by giving its own name that address (DNS rebinding); the browser then sends that
 * name. So IP addresses and {@code localhost} pass, and other names only if the operator allowed
 * them.
 *
 * @param allowed further names, lower case
 */
record HostGuard(List<String> allowed) {
  private static final Pattern ADDRESS =
      Pattern.compile("\\[[0-9a-f:.]+]|\\d{1,3}(\\.\\d{1,3}){3}");

  HostGuard {
    allowed = allowed.stream().map(n -> n.toLowerCase(Locale.ROOT)).toList();
  }

  /**
   * @param host the header's value, with or without a port
   */
  boolean allows(String host) {
    String name = host.toLowerCase(Locale.ROOT).replaceFirst(":\\d{1,5}$", "");
    return name.equals("localhost") || ADDRESS.matcher(name).matches() || allowed.contains(name);
  }
}
