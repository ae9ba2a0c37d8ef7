package dev.nantian.gateway.control.schema;

import java.util.Collection;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Finds what a person may have meant. */
public final class Suggestion {

  private static final int SHORTEST_PART = 4;

  private Suggestion() {}

  /**
   * The known name nearest to the written one, or null if none is near: one third of its letters
   * may differ, or some may be missing at an end.
   */
  public static @Nullable String nearest(String written, Collection<String> known) {
    String best = null;
    int bestDistance = Math.max(1, written.length() / 3) + 1;
    for (String name : known) {
      int distance = distance(written.toLowerCase(Locale.ROOT), name.toLowerCase(Locale.ROOT));
      if (distance < bestDistance) {
        best = name;
        bestDistance = distance;
      }
    }
    if (best == null && written.length() >= SHORTEST_PART) {
      String part = written.toLowerCase(Locale.ROOT);
      for (String name : known) {
        if (name.toLowerCase(Locale.ROOT).contains(part)) {
          return name;
        }
      }
    }
    return best;
  }

  /** Letters to insert, remove, replace or swap with the next to get from one word to the other. */
  private static int distance(String from, String to) {
    if (from.length() > 100) {
      return Integer.MAX_VALUE;
    }
    int[][] cost = new int[from.length() + 1][to.length() + 1];
    for (int i = 0; i <= from.length(); i++) {
      for (int j = 0; j <= to.length(); j++) {
        if (i == 0 || j == 0) {
          cost[i][j] = i + j;
          continue;
        }
        int replaced = cost[i - 1][j - 1] + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        cost[i][j] = Math.min(replaced, Math.min(cost[i - 1][j], cost[i][j - 1]) + 1);
        boolean swapped =
            i > 1
                && j > 1
                && from.charAt(i - 1) == to.charAt(j - 2)
                && from.charAt(i - 2) == to.charAt(j - 1);
        if (swapped) {
          cost[i][j] = Math.min(cost[i][j], cost[i - 2][j - 2] + 1);
        }
      }
    }
    return cost[from.length()][to.length()];
  }
}
