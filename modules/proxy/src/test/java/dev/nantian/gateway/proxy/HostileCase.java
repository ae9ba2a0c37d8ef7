package dev.nantian.gateway.proxy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * One block of conformance/hostile, whose README.md has the format.
 *
 * @param name file and block
 * @param status 0 if it is to be forwarded
 * @param cut the backend may have the head and a part of the body
 * @param send ISO-8859-1
 * @param seen what the backend is to receive
 */
record HostileCase(String name, int status, boolean cut, String send, String seen) {
  private static final Pattern REPEATED = Pattern.compile("\\{([^{}]*)\\*(\\d+)}");

  static List<HostileCase> all(Path folder) {
    List<HostileCase> cases = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".txt")).sorted().toList()) {
        read(file, cases);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return cases;
  }

  private static void read(Path file, List<HostileCase> cases) throws IOException {
    String area = file.getFileName().toString().replace(".txt", "/");
    for (String block : Files.readString(file).split("\n\n", -1)) {
      List<String> lines = block.lines().filter(line -> !line.startsWith("#")).toList();
      if (lines.isEmpty()) {
        continue;
      }
      String expect = value(lines.get(1), "expect ");
      String send = unescape(value(lines.get(2), "send "));
      String seen = lines.size() > 3 ? unescape(value(lines.get(3), "seen ")) : send;
      int status = expect.equals("forward") ? 0 : Integer.parseInt(expect.substring(0, 3));
      cases.add(new HostileCase(area + lines.get(0), status, expect.endsWith(" cut"), send, seen));
    }
  }

  private static String value(String line, String key) {
    if (!line.startsWith(key)) {
      throw new IllegalArgumentException(line + " (expected " + key + "…)");
    }
    return line.substring(key.length());
  }

  static String unescape(String text) {
    Matcher repeated = REPEATED.matcher(text);
    String whole =
        repeated.replaceAll(
            m -> Matcher.quoteReplacement(m.group(1).repeat(Integer.parseInt(m.group(2)))));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int at = 0;
    while (at < whole.length()) {
      char c = whole.charAt(at);
      int width = c != '\\' ? 1 : whole.charAt(at + 1) == 'x' ? 4 : 2;
      if (width == 1) {
        out.write(c);
      } else {
        switch (whole.charAt(at + 1)) {
          case 'r' -> out.write('\r');
          case 'n' -> out.write('\n');
          case 't' -> out.write('\t');
          case '\\' -> out.write('\\');
          case 'x' -> out.write(Integer.parseInt(whole.substring(at + 2, at + 4), 16));
          default -> throw new IllegalArgumentException("escape in " + text);
        }
      }
      at += width;
    }
    return out.toString(StandardCharsets.ISO_8859_1);
  }

  @Override
  public String toString() {
    return name;
  }
}
