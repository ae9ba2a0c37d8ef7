package dev.nantian.gateway.control.snapshot;

import dev.nantian.gateway.protocol.ResourceType;
import java.util.Comparator;

/**
 * Identity of a resource on the stream.
 *
 * @param name as {@link ResourceType} says for each type
 */
public record ResourceId(ResourceType type, String name) implements Comparable<ResourceId> {
  private static final Comparator<ResourceId> ORDER =
      Comparator.comparing(ResourceId::type).thenComparing(ResourceId::name);

  @Override
  public int compareTo(ResourceId other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return type + " " + name;
  }
}
