package dev.nantian.gateway.proxy;

import dev.nantian.gateway.proxy.proxyprotocol.ProxyHeader;
import dev.nantian.gateway.proxy.proxyprotocol.ProxyHeaderDecoder;
import io.netty.buffer.Unpooled;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stands before a backend: takes a PROXY header from each connection, keeps it, and passes the rest
 * both ways. A connection without one is closed.
 */
final class HeaderRequiringBackend implements AutoCloseable {
  private final ServerSocket server;
  private final InetSocketAddress behind;
  private final List<ProxyHeader> headers = new CopyOnWriteArrayList<>();
  private final AtomicInteger open = new AtomicInteger();

  HeaderRequiringBackend(InetSocketAddress behind) throws IOException {
    this.behind = behind;
    server = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  InetSocketAddress address() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getLocalPort());
  }

  /** Those that came so far. */
  List<ProxyHeader> headers() {
    return List.copyOf(headers);
  }

  /** Connections open now. */
  int open() {
    return open.get();
  }

  /** The text of an extension; empty if the header does not have it. */
  static String text(ProxyHeader header, int type) {
    return header.tlvs().stream()
        .filter(tlv -> tlv.type() == type)
        .map(tlv -> new String(tlv.value(), StandardCharsets.US_ASCII))
        .findFirst()
        .orElse("");
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = server.accept();
        open.incrementAndGet();
        Thread.ofVirtual().start(() -> serve(socket));
      }
    } catch (IOException e) {
      // closed
    }
  }

  private void serve(Socket socket) {
    try (socket;
        Socket inner = new Socket(behind.getAddress(), behind.getPort())) {
      InputStream in = new BufferedInputStream(socket.getInputStream());
      ProxyHeaderDecoder decoder = new ProxyHeaderDecoder();
      ProxyHeaderDecoder.Result result = ProxyHeaderDecoder.Result.INCOMPLETE;
      while (result == ProxyHeaderDecoder.Result.INCOMPLETE) {
        int next = in.read();
        if (next < 0) {
          return;
        }
        result = decoder.decode(Unpooled.wrappedBuffer(new byte[] {(byte) next}));
      }
      if (result == ProxyHeaderDecoder.Result.COMPLETE) {
        headers.add(Objects.requireNonNull(decoder.header()));
        Thread.ofVirtual().start(() -> pass(inner, socket));
        in.transferTo(inner.getOutputStream());
      }
    } catch (IOException e) {
      // a peer went away
    } finally {
      open.decrementAndGet();
    }
  }

  private static void pass(Socket from, Socket to) {
    try {
      from.getInputStream().transferTo(to.getOutputStream());
      to.shutdownOutput();
    } catch (IOException e) {
      // a peer went away
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
