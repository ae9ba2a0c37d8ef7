package dev.nantian.gateway.proxy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * One block of conformance/hostile/h2, whose README.md has the format.
 *
 * @param name file and block
 * @param expected what is to happen
 * @param code of RST_STREAM or GOAWAY
 * @param status of the response
 * @param stream that it happens to
 * @param send all bytes of the client
 * @param seen what the backend is to receive, as HTTP/1.1
 */
record Http2HostileCase(
    String name, Outcome expected, String code, int status, int stream, byte[] send, String seen) {
  /** What happens to the request. */
  enum Outcome {
    /** RST_STREAM; the connection goes on. */
    RESET,
    /** GOAWAY, and the end. */
    GOAWAY,
    /** The end, with or without GOAWAY. */
    CLOSED,
    /** A response with this status; the connection goes on. */
    STATUS,
    /** No answer; the connection goes on. */
    NOTHING,
    /** It reaches the backend as exactly one request, and is answered with 200. */
    FORWARD,
    /** A response of HTTP/1.1 with this status, and the end. */
    HTTP1
  }

  /** RFC 9113 section 6: the number of a type is its place. */
  private static final List<String> FRAME_TYPES =
      List.of(
          "DATA",
          "HEADERS",
          "PRIORITY",
          "RST_STREAM",
          "SETTINGS",
          "PUSH_PROMISE",
          "PING",
          "GOAWAY",
          "WINDOW_UPDATE",
          "CONTINUATION");

  private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

  static List<Http2HostileCase> all(Path folder) {
    List<Http2HostileCase> cases = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".txt")).sorted().toList()) {
        String area = file.getFileName().toString().replace(".txt", "/");
        for (String block : Files.readString(file).split("\n\n", -1)) {
          List<String> lines = block.lines().filter(line -> !line.startsWith("#")).toList();
          if (!lines.isEmpty()) {
            cases.add(read(area, lines));
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return cases;
  }

  private static Http2HostileCase read(String area, List<String> lines) {
    String name = area + lines.getFirst();
    try {
      String[] expect = lines.get(1).split(" ", -1);
      Outcome outcome = Outcome.valueOf(expect[1].toUpperCase(java.util.Locale.ROOT));
      String code = "NO_ERROR";
      int status = 200;
      int stream = 1;
      for (int i = 2; i < expect.length; i++) {
        if (expect[i].equals("on")) {
          stream = Integer.parseInt(expect[++i]);
        } else if (Character.isDigit(expect[i].charAt(0))) {
          status = Integer.parseInt(expect[i]);
        } else {
          code = expect[i];
        }
      }
      int at = 2;
      String seen = "";
      if (lines.get(at).startsWith("seen ")) {
        seen = text(lines.get(at++).substring(5));
      }
      return new Http2HostileCase(
          name, outcome, code, status, stream, new Frames().write(lines, at), seen);
    } catch (RuntimeException e) {
      throw new IllegalArgumentException(name, e);
    }
  }

  private static String text(String escaped) {
    return HostileCase.unescape(escaped);
  }

  private static byte[] bytes(String escaped) {
    return text(escaped).getBytes(StandardCharsets.ISO_8859_1);
  }

  @Override
  public String toString() {
    return name;
  }

  /** Writes the frames of a block. */
  private static final class Frames {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private int next = 1;

    byte[] write(List<String> lines, int from) {
      int at = from;
      if (lines.get(at).equals("raw")) {
        at++;
      } else {
        out.writeBytes(PREFACE.getBytes(StandardCharsets.US_ASCII));
        if (lines.get(at).equals("preface")) {
          at++;
        } else {
          frame(FRAME_TYPES.indexOf("SETTINGS"), 0, 0, 0, new byte[0]);
        }
      }
      block(lines, at, lines.size());
      return out.toByteArray();
    }

    private void block(List<String> lines, int from, int to) {
      int at = from;
      while (at < to) {
        String line = lines.get(at);
        if (line.startsWith("repeat ")) {
          int end = lines.subList(at, to).indexOf("end") + at;
          int times = Integer.parseInt(line.substring(7));
          for (int i = 0; i < times; i++, next += 2) {
            block(lines, at + 1, end);
          }
          at = end + 1;
          continue;
        }
        int payload = at + 1;
        while (payload < to && lines.get(payload).startsWith("  ")) {
          payload++;
        }
        one(line, lines.subList(at + 1, payload));
        at = payload;
      }
    }

    private void one(String line, List<String> items) {
      ByteArrayOutputStream payload = new ByteArrayOutputStream();
      for (String item : items) {
        item(item.substring(2), payload);
      }
      Deque<String> words = new ArrayDeque<>(List.of(line.split(" ", -1)));
      String kind = words.pop();
      if (kind.equals("bytes")) {
        out.writeBytes(payload.toByteArray());
        return;
      }
      int type =
          Character.isDigit(kind.charAt(0)) ? Integer.parseInt(kind) : FRAME_TYPES.indexOf(kind);
      int flags = flags(words.pop());
      String id = words.pop();
      int stream = id.equals("n") ? next : Integer.parseInt(id);
      int more = words.isEmpty() ? 0 : Integer.parseInt(words.pop().substring("length".length()));
      frame(type, flags, stream, more, payload.toByteArray());
    }

    private static int flags(String names) {
      int flags = 0;
      for (String name : names.split(",", -1)) {
        flags |=
            switch (name) {
              case "END_STREAM", "ACK" -> 1;
              case "END_HEADERS" -> 4;
              case "PADDED" -> 8;
              case "PRIORITY" -> 0x20;
              case "-" -> 0;
              default -> throw new IllegalArgumentException("flag " + name);
            };
      }
      return flags;
    }

    private void frame(int type, int flags, int stream, int more, byte[] payload) {
      int length = payload.length + more;
      out.write(length >> 16);
      out.write(length >> 8);
      out.write(length);
      out.write(type);
      out.write(flags);
      integer(stream, out);
      out.writeBytes(payload);
    }

    private static void integer(int value, ByteArrayOutputStream to) {
      for (int shift = 24; shift >= 0; shift -= 8) {
        to.write(value >> shift);
      }
    }

    private static void item(String item, ByteArrayOutputStream to) {
      if (!item.startsWith("@")) {
        int colon = item.indexOf(": ", 1);
        field(bytes(item.substring(0, colon)), bytes(item.substring(colon + 2)), to);
        return;
      }
      int blank = item.indexOf(' ');
      String kind = blank < 0 ? item : item.substring(0, blank);
      String value = blank < 0 ? "" : item.substring(blank + 1);
      switch (kind) {
        case "@hex" -> to.writeBytes(HexFormat.of().parseHex(value.replace(" ", "")));
        case "@text" -> to.writeBytes(bytes(value));
        case "@int" -> integer((int) Long.parseLong(value), to);
        case "@setting" -> {
          int colon = value.indexOf(' ');
          int id = Integer.parseInt(value.substring(0, colon));
          to.write(id >> 8);
          to.write(id);
          integer((int) Long.parseLong(value.substring(colon + 1)), to);
        }
        case "@request" -> {
          String[] line = value.split(" ", -1);
          field(":method", line[0], to);
          field(":scheme", "http", to);
          field(":path", line[1], to);
          field(":authority", "hostile.example", to);
        }
        default -> throw new IllegalArgumentException(kind);
      }
    }

    private static void field(String name, String value, ByteArrayOutputStream to) {
      field(bytes(name), bytes(value), to);
    }

    /** RFC 7541 section 6.2.2 with a new name, no Huffman code. */
    private static void field(byte[] name, byte[] value, ByteArrayOutputStream to) {
      to.write(0);
      string(name, to);
      string(value, to);
    }

    /** RFC 7541 section 5.2. */
    private static void string(byte[] bytes, ByteArrayOutputStream to) {
      if (bytes.length < 127) {
        to.write(bytes.length);
      } else {
        to.write(127);
        int rest = bytes.length - 127;
        for (; rest >= 128; rest >>= 7) {
          to.write((rest & 127) | 128);
        }
        to.write(rest);
      }
      to.writeBytes(bytes);
    }
  }
}
