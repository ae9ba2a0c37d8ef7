package dev.nantian.gateway.control.xds;

/**
 * How far the version in force of a resource has come.
 *
 * @param version the version; empty if the resource is not in force
 * @param detail the node that is waited for, or the node that refused with its message
 */
public record Programming(String version, State state, String detail) {

  /** Of a resource that has not reached the snapshot. */
  public static final Programming UNKNOWN = new Programming("", State.WAITING, "");

  /** Stages on the way to live. */
  public enum State {
    /** No node is connected. */
    NO_NODE,
    /** At least one node has not answered. */
    WAITING,
    /** Every connected node has ACKed it. */
    LIVE,
    /** At least one node has refused it and keeps what it had. */
    REFUSED,
    /** As {@link #REFUSED}, because an address that it asks for cannot be had there. */
    ADDRESS_NOT_USABLE
  }
}
