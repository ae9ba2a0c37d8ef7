package dev.nantian.gateway.proxy.filter;

import dev.nantian.gateway.proxy.http.Head;
import dev.nantian.gateway.proxy.http.HeaderName;
import java.util.List;

/**
 * The changes of one or more header modifiers, in the specification's order within each: set, add,
 * remove.
 *
 * @param steps applied one after the other
 */
public record HeaderEdits(List<Step> steps) {
  /** Changes nothing. */
  public static final HeaderEdits NONE = new HeaderEdits(List.of());

  /** One change of one header. */
  public sealed interface Step {
    /** Leaves exactly one field of the name. */
    record Set(HeaderName name, byte[] value) implements Step {}

    /** Adds a field line. */
    record Add(HeaderName name, byte[] value) implements Step {}

    /** Removes all fields of the name. */
    record Remove(HeaderName name) implements Step {}
  }

  public HeaderEdits {
    steps = List.copyOf(steps);
  }

  /** Applies the steps to a head in place. */
  public void applyTo(Head head) {
    for (int i = 0; i < steps.size(); i++) { // no iterator on the hot path
      switch (steps.get(i)) {
        case Step.Set(HeaderName name, byte[] value) -> head.set(name, value);
        case Step.Add(HeaderName name, byte[] value) -> head.add(name, value);
        case Step.Remove(HeaderName name) -> head.remove(name);
      }
    }
  }
}
