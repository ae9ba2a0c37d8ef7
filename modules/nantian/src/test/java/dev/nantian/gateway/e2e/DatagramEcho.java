package dev.nantian.gateway.e2e;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;

/** A UDP backend that sends every datagram back. */
final class DatagramEcho implements AutoCloseable {
  private final DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress());

  DatagramEcho() throws IOException {
    Thread.ofVirtual().start(this::run);
  }

  private void run() {
    DatagramPacket packet = new DatagramPacket(new byte[1_000], 1_000);
    while (!socket.isClosed()) {
      try {
        packet.setLength(1_000);
        socket.receive(packet);
        socket.send(packet);
      } catch (IOException e) {
        if (!socket.isClosed()) {
          throw new AssertionError(e);
        }
      }
    }
  }

  int port() {
    return socket.getLocalPort();
  }

  @Override
  public void close() {
    socket.close();
  }
}
