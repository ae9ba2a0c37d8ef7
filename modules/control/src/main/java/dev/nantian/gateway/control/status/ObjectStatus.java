package dev.nantian.gateway.control.status;

import dev.nantian.gateway.control.source.Diagnostic;
import dev.nantian.gateway.control.source.ResourceKey;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is to be known of one object.
 *
 * @param generation that the status is about; 0 if no version of it was ever valid
 * @param status in the structure of the object's API, serialisable by Jackson; null if we have
 *     nothing to say of an object of this kind
 * @param problems with file and line
 */
public record ObjectStatus(
    ResourceKey key,
    long generation,
    @Nullable Object status,
    List<Diagnostic> problems,
    Instant updatedAt) {
  public ObjectStatus {
    problems = List.copyOf(problems);
  }
}
