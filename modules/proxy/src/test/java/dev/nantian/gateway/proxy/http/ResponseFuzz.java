package dev.nantian.gateway.proxy.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/** A response, head and body: as {@link RequestFuzz}. */
public final class ResponseFuzz {
  private ResponseFuzz() {}

  /** Jazzer's entry point. */
  public static void fuzzerTestOneInput(byte[] data) {
    String atOnce = Outcomes.howeverCut(data, step -> outcome(data, step));
    if (atOnce.startsWith("complete HTTP/1.1 ")) {
      int status = Integer.parseInt(atOnce.substring(18, 21));
      if (status < 100 || atOnce.indexOf("\r\n\r\n") < 0) {
        throw new AssertionError(atOnce);
      }
    }
  }

  private static String outcome(byte[] data, int step) {
    ResponseHeadDecoder decoder = new ResponseHeadDecoder(Outcomes.LIMITS);
    BodyReader body = new BodyReader(Outcomes.LIMITS);
    ResponseHead head = new ResponseHead();
    StringBuilder forwarded = new StringBuilder();
    boolean inBody = false;
    for (int at = 0; at < data.length; at += step) {
      ByteBuf in = Unpooled.wrappedBuffer(data, at, Math.min(step, data.length - at));
      if (!inBody) {
        switch (decoder.decode(in, head)) {
          case INCOMPLETE -> {
            continue;
          }
          case REFUSED -> {
            return "refused " + decoder.refusal();
          }
          case COMPLETE -> {
            ByteBuf out = Unpooled.buffer();
            HeadWriter.response(head, out);
            HeadWriter.end(out);
            forwarded.append(out.toString(StandardCharsets.ISO_8859_1));
            body.beginResponse(head, false);
            body.unwrapChunks();
            inBody = true;
          }
        }
      }
      if (body.isUnwrapping()) {
        forwarded.append(body.unwrap(in).toString(StandardCharsets.ISO_8859_1));
      } else {
        forwarded.append(in.readSlice(body.advance(in)).toString(StandardCharsets.ISO_8859_1));
      }
      if (body.refusal() != null) {
        return "refused " + body.refusal();
      }
      if (body.isComplete()) {
        Trailers trailers = body.trailers();
        return "complete " + forwarded + (trailers == null ? "" : trailers.fieldCount());
      }
    }
    return inBody && body.kind() == BodyReader.Kind.UNTIL_CLOSE
        ? "until close " + forwarded
        : "incomplete";
  }
}
