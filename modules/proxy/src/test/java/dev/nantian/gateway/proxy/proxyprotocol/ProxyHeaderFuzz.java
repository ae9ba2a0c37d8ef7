package dev.nantian.gateway.proxy.proxyprotocol;

import dev.nantian.gateway.proxy.http.Outcomes;
import dev.nantian.gateway.proxy.proxyprotocol.ProxyHeaderDecoder.Result;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.Objects;

/**
 * A PROXY header: what becomes of it does not depend on how it is cut, and the addresses of an
 * accepted one survive being written.
 */
public final class ProxyHeaderFuzz {
  private ProxyHeaderFuzz() {}

  /** Jazzer's entry point. */
  public static void fuzzerTestOneInput(byte[] data) {
    ProxyHeaderDecoder whole = new ProxyHeaderDecoder();
    ByteBuf in = Unpooled.wrappedBuffer(data);
    Result result = whole.decode(in);
    int taken = in.readerIndex();
    ProxyHeaderDecoder pieces = new ProxyHeaderDecoder();
    Result last = Result.INCOMPLETE;
    int at = 0;
    while (at < data.length && last == Result.INCOMPLETE) {
      last = pieces.decode(Unpooled.wrappedBuffer(data, at, 1));
      at++;
    }
    Outcomes.same("byte by byte", result, last);
    if (result != Result.COMPLETE) {
      return;
    }
    Outcomes.same("length", taken, at);
    ProxyHeader header = Objects.requireNonNull(whole.header());
    if (header.source() == null || header.destination() == null) {
      return;
    }
    ByteBuf out = Unpooled.buffer();
    ProxyHeaderWriter.write(
        new ProxyHeader(header.version(), header.source(), header.destination(), List.of()),
        false,
        out);
    ProxyHeaderDecoder again = new ProxyHeaderDecoder();
    Outcomes.same("written", Result.COMPLETE, again.decode(out));
    Outcomes.same(
        "addresses",
        new ProxyHeader(header.version(), header.source(), header.destination(), List.of()),
        Objects.requireNonNull(again.header()));
  }
}
