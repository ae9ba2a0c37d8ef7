package dev.nantian.gateway.proxy;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A server of raw sockets: a script says what each connection does. */
final class RawBackend implements AutoCloseable {
  interface Script {
    void serve(Connection connection) throws IOException;
  }

  /** One accepted connection. */
  static final class Connection {
    private final Socket socket;
    private final InputStream in;
    private final int number;

    Connection(Socket socket, int number) throws IOException {
      this.socket = socket;
      this.in = new BufferedInputStream(socket.getInputStream());
      this.number = number;
    }

    /** From 1. */
    int number() {
      return number;
    }

    Socket socket() {
      return socket;
    }

    InputStream in() {
      return in;
    }

    String head() throws IOException {
      return RawClient.readHead(in);
    }

    /** Head and body of the next request. */
    String request() throws IOException {
      String head = head();
      RawClient.Response fields = new RawClient.Response(0, head, "");
      boolean hasBody =
          fields.field("content-length") != null || fields.field("transfer-encoding") != null;
      return head + "\r\n" + (hasBody ? RawClient.readBody(in, fields) : "");
    }

    void send(String text) throws IOException {
      OutputStream out = socket.getOutputStream();
      out.write(text.getBytes(StandardCharsets.ISO_8859_1));
      out.flush();
    }

    void reset() throws IOException {
      socket.setSoLinger(true, 0);
      socket.close();
    }
  }

  private final ServerSocket server;
  private final AtomicInteger accepted = new AtomicInteger();
  private final List<Socket> open = new CopyOnWriteArrayList<>();

  RawBackend(Script script) throws IOException {
    server = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(() -> accept(script));
  }

  /** Answers every request with its own text. */
  static RawBackend echo() throws IOException {
    return new RawBackend(
        connection -> {
          while (true) {
            String text = connection.request();
            connection.send(
                "HTTP/1.1 200 OK\r\nContent-Length: "
                    + text.length()
                    + "\r\n\r\n"
                    + (text.startsWith("HEAD ") ? "" : text));
          }
        });
  }

  private void accept(Script script) {
    try {
      while (true) {
        Socket socket = server.accept();
        open.add(socket);
        int number = accepted.incrementAndGet();
        Thread.ofVirtual().start(() -> serve(socket, number, script));
      }
    } catch (IOException e) {
      // closed
    }
  }

  private void serve(Socket socket, int number, Script script) {
    try (socket) {
      script.serve(new Connection(socket, number));
    } catch (IOException e) {
      // the peer went away
    } finally {
      open.remove(socket);
    }
  }

  InetSocketAddress address() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getLocalPort());
  }

  int accepted() {
    return accepted.get();
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (Socket socket : open) {
      socket.close();
    }
  }
}
