package dev.nantian.gateway.proxy.http;

import dev.nantian.gateway.proxy.http.PathRules.Data;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The first two bytes choose the rules, the rest is a path: its canonical form is a fixed point,
 * pure ASCII, and has no dot segment in any reading.
 */
public final class PathFuzz {
  private PathFuzz() {}

  /** Jazzer's entry point. */
  public static void fuzzerTestOneInput(byte[] data) {
    if (data.length < 2) {
      return;
    }
    PathRules rules = rules((data[0] & 0xff) << 8 | (data[1] & 0xff));
    byte[] path = Arrays.copyOfRange(data, 1, data.length);
    path[0] = '/';
    for (byte b : path) {
      if (b >= 0 && !Octets.is(b, Octets.PATH)) {
        return; // the grammar of the request line refuses it before
      }
    }
    String once = canonical(path, rules);
    if (once == null) {
      return;
    }
    String twice = canonical(once.getBytes(StandardCharsets.ISO_8859_1), rules);
    Outcomes.same("twice", once, String.valueOf(twice));
    for (int i = 0; i < once.length(); i++) {
      if (once.charAt(i) <= ' ' || once.charAt(i) >= 0x7f) {
        throw new AssertionError("byte in " + once);
      }
    }
    String lower = once.toLowerCase(Locale.ROOT);
    String decoded = lower.replace("%2e", ".").replace("%2f", "/").replace("%5c", "/");
    for (String segment : decoded.split("/", -1)) {
      int parameters = segment.indexOf(';');
      String name = parameters < 0 ? segment : segment.substring(0, parameters);
      if (name.equals(".") || name.equals("..")) {
        throw new AssertionError("dot segment in " + once);
      }
    }
  }

  private static @Nullable String canonical(byte[] path, PathRules rules) {
    RequestHead head = new RequestHead();
    head.path(head.append(path), path.length);
    return CanonicalPath.apply(head, rules) != null
        ? null
        : head.text(head.pathOffset(), head.pathLength());
  }

  private static PathRules rules(int choice) {
    return new PathRules(
        pick(PathRules.Dots.class, choice),
        pick(PathRules.Empty.class, choice >> 1),
        pick(PathRules.Unreserved.class, choice >> 3),
        pick(PathRules.Slash.class, choice >> 5),
        pick(Data.class, choice >> 7),
        pick(Data.class, choice >> 8),
        pick(Data.class, choice >> 9),
        pick(Data.class, choice >> 10),
        pick(Data.class, choice >> 11),
        pick(PathRules.NonAscii.class, choice >> 12));
  }

  private static <E extends Enum<E>> E pick(Class<E> of, int choice) {
    List<E> all = List.copyOf(EnumSet.allOf(of));
    return all.get(choice % all.size());
  }
}
