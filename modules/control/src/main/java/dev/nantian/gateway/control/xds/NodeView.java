package dev.nantian.gateway.control.xds;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * A connected proxy, for the admin API.
 *
 * @param id the node id that it gave
 * @param stream number of its stream, counted from 1 for this process
 * @param bytesSent bytes of all responses on this stream
 * @param types keyed by resource type
 */
public record NodeView(
    String id,
    long stream,
    Instant connectedSince,
    long bytesSent,
    Map<String, TypeView> types,
    List<RefusalView> refusals) {

  /**
   * One type on the stream.
   *
   * @param ackedNonce of the last response that was ACKed; empty if none
   * @param nackedNonce of the last response that was refused; empty if none
   * @param error message of the last refusal; empty if none
   * @param outstandingNonce of the response that has no answer yet; empty if none
   */
  public record TypeView(
      long pushes,
      long acks,
      long nacks,
      String ackedNonce,
      String nackedNonce,
      String error,
      String outstandingNonce) {
    static final TypeView EMPTY = new TypeView(0, 0, 0, "", "", "", "");
  }

  /** A resource whose newest version the node refuses. */
  public record RefusalView(String type, String name, String version, String message) {}
}
