package dev.nantian.gateway.proxy;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** An HTTP/1.1 client that sends exactly what it is told and reads one response at a time. */
final class RawClient implements AutoCloseable {
  /**
   * @param head status line and fields as received
   * @param body decoded
   */
  record Response(int status, String head, String body) {
    @Nullable String field(String name) {
      for (String line : head.lines().toList()) {
        if (line.toLowerCase(Locale.ROOT).startsWith(name + ":")) {
          return line.substring(name.length() + 1).trim();
        }
      }
      return null;
    }
  }

  private final Socket socket;
  private final InputStream in;

  RawClient(Socket socket) throws IOException {
    this.socket = socket;
    this.in = new BufferedInputStream(socket.getInputStream());
  }

  Socket socket() {
    return socket;
  }

  InputStream in() {
    return in;
  }

  RawClient send(String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    socket.getOutputStream().flush();
    return this;
  }

  Response get(String path) throws IOException {
    return send("GET " + path + " HTTP/1.1\r\nHost: test.example\r\n\r\n").receive();
  }

  Response receive() throws IOException {
    return receive(false);
  }

  Response receive(boolean toHead) throws IOException {
    String head = readHead(in);
    int status = Integer.parseInt(head.substring(9, 12));
    Response response = new Response(status, head, "");
    if (toHead || status < 200 || status == 204 || status == 304) {
      return response;
    }
    return new Response(status, head, readBody(in, response));
  }

  static String readBody(InputStream in, Response head) throws IOException {
    String length = head.field("content-length");
    if (length != null) {
      return new String(exactly(in, Integer.parseInt(length)), StandardCharsets.ISO_8859_1);
    }
    if (!"chunked".equals(head.field("transfer-encoding"))) {
      return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
    }
    StringBuilder body = new StringBuilder();
    while (true) {
      String size = readLine(in);
      int end = size.indexOf(';');
      int count = Integer.parseInt(end < 0 ? size : size.substring(0, end).trim(), 16);
      if (count == 0) {
        String trailer = readLine(in);
        while (!trailer.isEmpty()) {
          trailer = readLine(in);
        }
        return body.toString();
      }
      body.append(new String(exactly(in, count), StandardCharsets.ISO_8859_1));
      readLine(in);
    }
  }

  private static byte[] exactly(InputStream in, int count) throws IOException {
    byte[] bytes = in.readNBytes(count);
    if (bytes.length < count) {
      throw new IOException("ended after " + bytes.length + " of " + count + " bytes");
    }
    return bytes;
  }

  static String readHead(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    String line = readLine(in);
    while (!line.isEmpty()) {
      head.append(line).append("\r\n");
      line = readLine(in);
    }
    return head.toString();
  }

  static String readLine(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    int b = in.read();
    while (b != '\n') {
      if (b < 0) {
        throw new IOException("connection ended in: " + line);
      }
      line.write(b);
      b = in.read();
    }
    return line.toString(StandardCharsets.ISO_8859_1).stripTrailing();
  }

  /** True if the connection ends without a further byte. */
  boolean isEnded() throws IOException {
    return in.read() < 0;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
