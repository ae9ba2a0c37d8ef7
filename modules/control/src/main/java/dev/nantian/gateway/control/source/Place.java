package dev.nantian.gateway.control.source;

import java.util.Comparator;

/**
 * A position in a file that a person can open.
 *
 * @param file the file's name as shown to the user: relative to the watched folder, or as it was
 *     given on the command line
 * @param line counted from 1; 0 if the whole file is meant
 * @param column counted from 1; 0 if the whole line is meant
 */
public record Place(String file, int line, int column) implements Comparable<Place> {

  private static final Comparator<Place> ORDER =
      Comparator.comparing(Place::file)
          .thenComparingInt(Place::line)
          .thenComparingInt(Place::column);

  public Place {
    if (line < 0 || column < 0) {
      throw new IllegalArgumentException(
          file + ": line " + line + ", column " + column + " (expected 0 or more)");
    }
  }

  @Override
  public int compareTo(Place other) {
    return ORDER.compare(this, other);
  }

  /** The form editors and terminals make a link of: {@code shop.yaml:12}. */
  @Override
  public String toString() {
    return line == 0 ? file : file + ":" + line;
  }
}
