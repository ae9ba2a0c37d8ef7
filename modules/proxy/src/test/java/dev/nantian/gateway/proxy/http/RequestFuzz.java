package dev.nantian.gateway.proxy.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/**
 * A request, head and body: what becomes of it does not depend on how it is cut into reads, and
 * what is forwarded is understood by the same codec as the same request.
 */
public final class RequestFuzz {
  private RequestFuzz() {}

  /** Jazzer's entry point. */
  public static void fuzzerTestOneInput(byte[] data) {
    String atOnce = Outcomes.howeverCut(data, step -> outcome(data, step));
    if (atOnce.startsWith("complete ")) {
      // The body, if there is one, stands at the end: only the head is the codec's to write.
      String forwarded = atOnce.substring("complete ".length());
      byte[] again = forwarded.getBytes(StandardCharsets.ISO_8859_1);
      Outcomes.same("forwarded again", atOnce, outcome(again, again.length + 1));
    }
  }

  /** {@code complete} and what goes to the backend; {@code refused} and why; {@code incomplete}. */
  private static String outcome(byte[] data, int step) {
    RequestHeadDecoder decoder = new RequestHeadDecoder(Outcomes.LIMITS, RequestRules.DEFAULT);
    BodyReader body = new BodyReader(Outcomes.LIMITS);
    RequestHead head = new RequestHead();
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
            HeadWriter.request(head, out);
            HeadWriter.end(out);
            forwarded.append(out.toString(StandardCharsets.ISO_8859_1));
            body.beginRequest(head);
            inBody = true;
          }
        }
      }
      int count = body.advance(in);
      if (body.refusal() != null) {
        return "refused " + body.refusal();
      }
      forwarded.append(in.readSlice(count).toString(StandardCharsets.ISO_8859_1));
      if (body.isComplete()) {
        return "complete " + forwarded;
      }
    }
    return "incomplete";
  }
}
