package dev.nantian.gateway.control.source;

import java.util.Optional;

/** Where the fields of one object were written. Immutable. */
@FunctionalInterface
public interface Origin {

  /**
   * The place of a field, or of its nearest enclosing field that was written if it is absent
   * itself.
   *
   * @param fieldPath such as {@code spec.rules[2].backendRefs[0].port}; a name with a dot in it is
   *     written {@code data['tls.crt']}; empty means the object
   * @return empty if the object does not come from a file
   */
  Optional<Place> at(String fieldPath);

  /**
   * The origin of an object that no file holds: it comes from an API server, or exists by itself.
   */
  static Origin none() {
    return Unwritten.ORIGIN;
  }

  /** The origin of what nobody has written. */
  enum Unwritten implements Origin {
    ORIGIN;

    @Override
    public Optional<Place> at(String fieldPath) {
      return Optional.empty();
    }
  }
}
