package dev.nantian.gateway.proxy.xds;

/**
 * The connection to the control plane, for people.
 *
 * @param address of the control plane
 * @param connected true while a stream delivers
 * @param reason why not; empty if connected
 */
public record AdsStatus(String address, boolean connected, String reason) {
  /** Before the first answer. */
  public static AdsStatus connecting(ControlPlaneAddress address) {
    return new AdsStatus(address.toString(), false, "connecting");
  }

  static AdsStatus connected(ControlPlaneAddress address) {
    return new AdsStatus(address.toString(), true, "");
  }

  static AdsStatus disconnected(ControlPlaneAddress address, String reason) {
    return new AdsStatus(address.toString(), false, reason);
  }
}
