package dev.nantian.gateway.control.resource;

import java.time.Instant;
import java.util.List;

/**
 * A resource actor, for the admin API.
 *
 * @param namespace empty for cluster-scoped kinds
 * @param generation of the object's present version; 0 if absent
 * @param state Absent, Waiting, Held, Current or Failed
 * @param restarts after crashes and on request
 * @param mailbox messages that wait
 * @param lastMessage type of the last message that was handled
 * @param sourceEventAt when the source told of the present version
 * @param dependencies what it refers to: {@code Service shop/cart}
 * @param published its part of the configuration
 */
public record ActorView(
    String kind,
    String namespace,
    String name,
    long generation,
    String state,
    int restarts,
    int mailbox,
    String lastMessage,
    Instant lastMessageAt,
    Instant sourceEventAt,
    List<String> dependencies,
    List<PublishedView> published) {

  /** A resource in the configuration. */
  public record PublishedView(String type, String name, String version) {}
}
