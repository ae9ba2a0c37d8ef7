package dev.nantian.gateway.proxy.takeover;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What a running process tells a new one before it sends descriptors: how many will come for which
 * address, and in which order.
 *
 * <pre>
 *   socket tcp 0.0.0.0:80 2
 *   socket udp 0.0.0.0:53 2
 *   end
 * </pre>
 */
record Offer(List<Entry> entries) {
  /** More is no listener's number of loops and of no address's: a mistake or an attack. */
  static final int MOST_DESCRIPTORS = 1 << 16;

  static final String END = "end";

  /**
   * One address.
   *
   * @param count descriptors, 1 or more
   */
  record Entry(SocketKey key, int count) {}

  Offer {
    entries = List.copyOf(entries);
  }

  static Offer of(List<LentSocket> sockets) {
    return new Offer(
        sockets.stream()
            .map(socket -> new Entry(socket.key(), socket.descriptors().size()))
            .toList());
  }

  /** Its lines, {@value #END} included. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    entries.forEach(entry -> lines.add("socket " + entry.key + " " + entry.count));
    lines.add(END);
    return lines;
  }

  /**
   * Reads lines, without {@value #END}.
   *
   * @throws IllegalArgumentException naming the line that is not one
   */
  static Offer parse(List<String> lines) {
    List<Entry> entries = new ArrayList<>();
    Set<SocketKey> seen = new HashSet<>();
    int all = 0;
    for (String line : lines) {
      Entry entry = entry(line);
      all += entry.count;
      if (!seen.add(entry.key) || all > MOST_DESCRIPTORS) {
        throw new IllegalArgumentException(
            "'"
                + line
                + "' (expected each address once, "
                + MOST_DESCRIPTORS
                + " sockets at most)");
      }
      entries.add(entry);
    }
    return new Offer(entries);
  }

  private static Entry entry(String line) {
    String[] words = line.split(" ", -1);
    if (words.length == 4 && words[0].equals("socket") && words[3].matches("[1-9][0-9]{0,4}")) {
      return new Entry(SocketKey.parse(words[1], words[2]), Integer.parseInt(words[3]));
    }
    throw new IllegalArgumentException("'" + line + "' (expected socket tcp|udp IP:PORT COUNT)");
  }
}
