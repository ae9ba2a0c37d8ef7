package dev.nantian.gateway.proxy;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A backend of HTTP/2 with prior knowledge that reads frames by itself, checks nothing, and keeps
 * the fields and the body of every request.
 */
final class RecordingHttp2Backend implements AutoCloseable {
  /**
   * @param head fields as {@code name: value}, in their order
   * @param complete false for a stream that was reset
   */
  record Message(List<String> head, String body, List<String> trailers, boolean complete) {
    /** Of the first field with this name; empty if there is none. */
    String field(String name) {
      String start = name + ": ";
      return head.stream()
          .filter(f -> f.startsWith(start))
          .map(f -> f.substring(start.length()))
          .findFirst()
          .orElse("");
    }
  }

  private static final class Stream {
    private final List<String> head = new ArrayList<>();
    private final List<String> trailers = new ArrayList<>();
    private final StringBuilder body = new StringBuilder();
    private final ByteArrayOutputStream block = new ByteArrayOutputStream();
    private boolean ends;

    Message message(boolean complete) {
      return new Message(List.copyOf(head), body.toString(), List.copyOf(trailers), complete);
    }
  }

  private final ServerSocket server = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
  private final List<Message> messages = new ArrayList<>();

  RecordingHttp2Backend() throws IOException {
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

  private void keep(Message message) {
    synchronized (messages) {
      messages.add(message);
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
    Map<Integer, Stream> streams = new HashMap<>();
    DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder(false, 1 << 20);
    try (socket) {
      socket.setTcpNoDelay(true);
      DataInputStream in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
      OutputStream out = socket.getOutputStream();
      in.skipNBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".length());
      frame(out, Http2RawClient.SETTINGS, 0, 0);
      while (true) {
        int length = in.readUnsignedShort() << 8 | in.readUnsignedByte();
        int type = in.readUnsignedByte();
        int flags = in.readUnsignedByte();
        int id = in.readInt();
        byte[] payload = in.readNBytes(length);
        switch (type) {
          case Http2RawClient.SETTINGS, Http2RawClient.PING -> {
            if ((flags & Http2RawClient.ACK) == 0) {
              byte[] same = type == Http2RawClient.PING ? payload : new byte[0];
              frame(out, type, Http2RawClient.ACK, 0, same);
            }
          }
          case Http2RawClient.HEADERS, Http2RawClient.CONTINUATION -> {
            Stream stream = streams.computeIfAbsent(id, first -> new Stream());
            stream.block.writeBytes(payload);
            stream.ends |= type == Http2RawClient.HEADERS && (flags & 1) != 0;
            if ((flags & Http2RawClient.END_HEADERS) != 0) {
              List<String> into = stream.head.isEmpty() ? stream.head : stream.trailers;
              decoder
                  .decodeHeaders(id, Unpooled.wrappedBuffer(stream.block.toByteArray()))
                  .forEach(field -> into.add(field.getKey() + ": " + field.getValue()));
              stream.block.reset();
              answerIfEnded(out, id, stream, streams);
            }
          }
          case Http2RawClient.DATA -> {
            Stream stream = streams.computeIfAbsent(id, first -> new Stream());
            stream.body.append(new String(payload, StandardCharsets.ISO_8859_1));
            stream.ends |= (flags & 1) != 0;
            if (length > 0) {
              frame(out, Http2RawClient.WINDOW_UPDATE, 0, 0, 0, 0, length >> 8, length);
            }
            answerIfEnded(out, id, stream, streams);
          }
          case Http2RawClient.RST_STREAM -> {
            Stream cut = streams.remove(id);
            if (cut != null) {
              keep(cut.message(false));
            }
          }
          default -> {}
        }
      }
    } catch (IOException | Http2Exception e) {
      streams.values().forEach(cut -> keep(cut.message(false)));
    }
  }

  private void answerIfEnded(OutputStream out, int id, Stream stream, Map<Integer, Stream> of)
      throws IOException {
    if (stream.ends) {
      of.remove(id);
      keep(stream.message(true));
      int status200 = 0x88; // RFC 7541 appendix A
      frame(out, Http2RawClient.HEADERS, 1 | Http2RawClient.END_HEADERS, id, status200);
    }
  }

  private static void frame(OutputStream out, int type, int flags, int stream, int... payload)
      throws IOException {
    byte[] bytes = new byte[payload.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) payload[i];
    }
    frame(out, type, flags, stream, bytes);
  }

  private static void frame(OutputStream out, int type, int flags, int stream, byte[] payload)
      throws IOException {
    ByteArrayOutputStream frame = new ByteArrayOutputStream();
    frame.write(payload.length >> 16);
    frame.write(payload.length >> 8);
    frame.write(payload.length);
    frame.write(type);
    frame.write(flags);
    for (int shift = 24; shift >= 0; shift -= 8) {
      frame.write(stream >> shift);
    }
    frame.writeBytes(payload);
    out.write(frame.toByteArray());
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
