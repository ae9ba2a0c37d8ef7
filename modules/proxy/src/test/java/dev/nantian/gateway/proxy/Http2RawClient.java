package dev.nantian.gateway.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** An HTTP/2 client that sends exactly the frames it is told and shows those it gets. */
final class Http2RawClient implements AutoCloseable {
  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int PRIORITY = 2;
  static final int RST_STREAM = 3;
  static final int SETTINGS = 4;
  static final int PING = 6;
  static final int GOAWAY = 7;
  static final int WINDOW_UPDATE = 8;
  static final int CONTINUATION = 9;

  static final int END_STREAM = 1;
  static final int ACK = 1;
  static final int END_HEADERS = 4;

  /**
   * @param fields of HEADERS, decoded
   */
  record Frame(int type, int flags, int stream, byte[] payload, @Nullable Http2Headers fields) {
    boolean ends() {
      return (flags & END_STREAM) != 0;
    }

    /** Error code of RST_STREAM and GOAWAY, increment of WINDOW_UPDATE. */
    int code() {
      return Unpooled.wrappedBuffer(payload).getInt(type == GOAWAY ? 4 : 0);
    }

    int lastStream() {
      return Unpooled.wrappedBuffer(payload).getInt(0);
    }

    String text() {
      return new String(payload, StandardCharsets.ISO_8859_1);
    }

    String field(String name) {
      return fields == null || fields.get(name) == null ? "" : fields.get(name).toString();
    }
  }

  /** A response with all its parts. */
  record Response(Frame head, String body, @Nullable Frame trailers) {
    int status() {
      return Integer.parseInt(head.field(":status"));
    }

    String trailer(String name) {
      return trailers == null ? "" : trailers.field(name);
    }
  }

  private final Socket socket;
  private final DataInputStream in;
  private final DataOutputStream out;
  private final DefaultHttp2HeadersEncoder encoder = new DefaultHttp2HeadersEncoder();
  private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder(false);
  private final List<Frame> passed = new ArrayList<>();

  /** Sends the preface with these SETTINGS entries: identifier, value, identifier, … */
  Http2RawClient(Socket socket, int... settings) throws IOException {
    this(socket, new byte[0]);
    out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    ByteBuf payload = Unpooled.buffer();
    for (int i = 0; i < settings.length; i += 2) {
      payload.writeShort(settings[i]).writeInt(settings[i + 1]);
    }
    send(SETTINGS, 0, 0, ByteBufUtil.getBytes(payload));
    flush();
  }

  /** Sends these bytes, which begin with the preface or do not. */
  Http2RawClient(Socket socket, byte[] first) throws IOException {
    this.socket = socket;
    socket.setTcpNoDelay(true);
    this.in = new DataInputStream(new java.io.BufferedInputStream(socket.getInputStream()));
    this.out = new DataOutputStream(new java.io.BufferedOutputStream(socket.getOutputStream()));
    out.write(first);
    flush();
  }

  /** The other end: takes the preface of a client and sends SETTINGS. */
  static Http2RawClient server(Socket accepted) throws IOException {
    Http2RawClient end = new Http2RawClient(accepted, new byte[0]);
    end.in.skipNBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".length());
    return end.send(SETTINGS, 0, 0).flush();
  }

  Socket socket() {
    return socket;
  }

  /** GOAWAY without an error. */
  Http2RawClient goAway(int lastStream) throws IOException {
    return send(
        GOAWAY, 0, 0, ByteBufUtil.getBytes(Unpooled.buffer().writeLong((long) lastStream << 32)));
  }

  Http2RawClient send(int type, int flags, int stream, byte... payload) throws IOException {
    out.write(payload.length >> 16);
    out.writeShort(payload.length);
    out.write(type);
    out.write(flags);
    out.writeInt(stream);
    out.write(payload);
    return this;
  }

  Http2RawClient flush() throws IOException {
    out.flush();
    return this;
  }

  /** HEADERS in one frame; fields as name, value, name, … */
  Http2RawClient headers(int stream, boolean ends, String... fields) throws IOException {
    return send(HEADERS, END_HEADERS | (ends ? END_STREAM : 0), stream, encode(fields));
  }

  byte[] encode(String... fields) {
    DefaultHttp2Headers list = new DefaultHttp2Headers(false);
    for (int i = 0; i < fields.length; i += 2) {
      list.add(fields[i], fields[i + 1]);
    }
    ByteBuf block = Unpooled.buffer();
    try {
      encoder.encodeHeaders(1, list, block);
    } catch (Http2Exception e) {
      throw new IllegalStateException(e);
    }
    return ByteBufUtil.getBytes(block);
  }

  /** A request's fields, with more. */
  static String[] request(String method, String path, String... more) {
    List<String> all =
        new ArrayList<>(
            List.of(
                ":method", method, ":scheme", "http", ":path", path, ":authority", "test.example"));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }

  Http2RawClient get(int stream, String path, String... more) throws IOException {
    return headers(stream, true, request("GET", path, more)).flush();
  }

  Http2RawClient data(int stream, boolean ends, String text) throws IOException {
    return send(DATA, ends ? END_STREAM : 0, stream, text.getBytes(StandardCharsets.ISO_8859_1));
  }

  Http2RawClient integer(int type, int stream, int value) throws IOException {
    return send(type, 0, stream, ByteBufUtil.getBytes(Unpooled.buffer().writeInt(value)));
  }

  /** The next frame, null at the end of the connection. SETTINGS and PINGs are acknowledged. */
  @Nullable Frame read() throws IOException {
    int high = in.read();
    if (high < 0) {
      return null;
    }
    int length = high << 16 | in.readUnsignedShort();
    int type = in.read();
    int flags = in.read();
    int stream = in.readInt();
    byte[] payload = in.readNBytes(length);
    Frame frame = new Frame(type, flags, stream, payload, decoded(type, stream, payload));
    if ((type == SETTINGS || type == PING) && (flags & ACK) == 0) {
      try {
        send(type, ACK, 0, type == PING ? payload : new byte[0]).flush();
      } catch (IOException e) {
        // closed already; what came before that can still be read
      }
    }
    return frame;
  }

  private @Nullable Http2Headers decoded(int type, int stream, byte[] payload) {
    if (type != HEADERS) {
      return null;
    }
    try {
      return decoder.decodeHeaders(stream, Unpooled.wrappedBuffer(payload));
    } catch (Http2Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** The next frame of this kind; all before it are passed over. */
  Frame await(Predicate<Frame> wanted) throws IOException {
    for (int i = 0; i < passed.size(); i++) {
      if (wanted.test(passed.get(i))) {
        return passed.remove(i);
      }
    }
    while (true) {
      Frame frame = read();
      if (frame == null) {
        throw new IOException("connection ended; passed over: " + passed);
      }
      if (wanted.test(frame)) {
        return frame;
      }
      passed.add(frame);
    }
  }

  /** Frames of a stream that nobody waited for. */
  List<Frame> passedOver(int stream) {
    return passed.stream().filter(frame -> frame.stream() == stream).toList();
  }

  Frame await(int type, int stream) throws IOException {
    return await(frame -> frame.type() == type && frame.stream() == stream);
  }

  /** The GOAWAY that ends the connection, which is then closed. */
  Frame awaitEnd() throws IOException {
    Frame goAway = await(GOAWAY, 0);
    try {
      while (read() != null) {
        // what was on its way
      }
    } catch (IOException e) {
      // closed with frames of ours unread
    }
    return goAway;
  }

  /** Final head, body and trailers of a stream. */
  Response receive(int stream) throws IOException {
    Frame head = await(HEADERS, stream);
    while (head.field(":status").startsWith("1")) {
      head = await(HEADERS, stream);
    }
    StringBuilder body = new StringBuilder();
    boolean ended = head.ends();
    while (!ended) {
      Frame next =
          await(
              frame ->
                  frame.stream() == stream
                      && (frame.type() == DATA
                          || frame.type() == HEADERS
                          || frame.type() == RST_STREAM));
      if (next.type() == RST_STREAM) {
        throw new IOException("reset with " + next.code());
      }
      if (next.type() == HEADERS) {
        return new Response(head, body.toString(), next);
      }
      body.append(next.text());
      ended = next.ends();
    }
    return new Response(head, body.toString(), null);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
