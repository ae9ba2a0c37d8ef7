package dev.nantian.gateway.proxy;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A backend that keeps every byte it receives, divided into requests by a parser of its own: simple
 * and only as strict as what it must find out.
 */
final class RecordingBackend implements AutoCloseable {
  /**
   * @param complete false for what came before a connection ended in a request
   */
  record Message(String bytes, boolean complete) {}

  private final ServerSocket server = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
  private final List<Message> messages = new ArrayList<>();

  RecordingBackend() throws IOException {
    Thread.ofVirtual().start(this::accept);
  }

  InetSocketAddress address() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getLocalPort());
  }

  /** What came since the last call. */
  List<Message> take() {
    synchronized (messages) {
      List<Message> taken = List.copyOf(messages);
      messages.clear();
      return taken;
    }
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = server.accept();
        Thread.ofVirtual().start(() -> serve(socket));
      }
    } catch (IOException e) {
      // closed
    }
  }

  private void serve(Socket socket) {
    ByteArrayOutputStream received = new ByteArrayOutputStream();
    try (socket) {
      InputStream in = new BufferedInputStream(socket.getInputStream());
      while (true) {
        request(in, received);
        synchronized (messages) {
          messages.add(new Message(received.toString(StandardCharsets.ISO_8859_1), true));
        }
        received.reset();
        socket
            .getOutputStream()
            .write(
                "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      }
    } catch (IOException | NumberFormatException e) {
      synchronized (messages) {
        if (received.size() > 0) {
          messages.add(new Message(received.toString(StandardCharsets.ISO_8859_1), false));
        }
      }
    }
  }

  private static void request(InputStream in, ByteArrayOutputStream received) throws IOException {
    long length = 0;
    boolean chunked = false;
    for (String line = line(in, received); !line.isEmpty(); line = line(in, received)) {
      String lower = line.toLowerCase(Locale.ROOT);
      if (lower.startsWith("content-length:")) {
        length = Long.parseLong(lower.substring(15).trim());
      } else if (lower.startsWith("transfer-encoding:")) {
        chunked = true;
      }
    }
    if (!chunked) {
      copy(in, received, length);
      return;
    }
    while (true) {
      String size = line(in, received);
      int end = size.indexOf(';');
      long count = Long.parseLong(end < 0 ? size : size.substring(0, end).trim(), 16);
      if (count == 0) {
        while (!line(in, received).isEmpty()) {}
        return;
      }
      copy(in, received, count + 2);
    }
  }

  private static String line(InputStream in, ByteArrayOutputStream received) throws IOException {
    StringBuilder line = new StringBuilder();
    while (line.length() < 2 || !line.substring(line.length() - 2).equals("\r\n")) {
      line.append((char) read(in, received));
    }
    return line.substring(0, line.length() - 2);
  }

  private static void copy(InputStream in, ByteArrayOutputStream received, long count)
      throws IOException {
    for (long i = 0; i < count; i++) {
      var unused = read(in, received);
    }
  }

  private static int read(InputStream in, ByteArrayOutputStream received) throws IOException {
    int b = in.read();
    if (b < 0) {
      throw new IOException("ended");
    }
    received.write(b);
    return b;
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
