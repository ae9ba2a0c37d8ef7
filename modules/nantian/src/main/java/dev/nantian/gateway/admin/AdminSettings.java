package dev.nantian.gateway.admin;

import java.net.InetSocketAddress;
import java.util.List;

/**
 * Where the admin endpoint listens and whom it serves.
 *
 * @param address port 0 takes a free one
 * @param allowedHosts names that a Host header may have beside addresses and {@code localhost}
 * @param token what changes need
 */
public record AdminSettings(
    InetSocketAddress address, List<String> allowedHosts, AdminToken token) {
  public AdminSettings {
    allowedHosts = List.copyOf(allowedHosts);
  }
}
