package dev.nantian.gateway.control.source.folder;

import dev.nantian.gateway.control.source.Origin;
import dev.nantian.gateway.control.source.Place;
import dev.nantian.gateway.control.source.yaml.Positions;
import java.util.Optional;

/**
 * An object written in a file.
 *
 * @param file the file's name as shown to the user
 * @param positions of the object's own node
 */
record FileOrigin(String file, Positions positions) implements Origin {

  @Override
  public Optional<Place> at(String fieldPath) {
    return Optional.of(place(fieldPath));
  }

  Place place(String fieldPath) {
    Positions nearest = positions.nearest(fieldPath);
    return new Place(file, nearest.line(), nearest.column());
  }
}
