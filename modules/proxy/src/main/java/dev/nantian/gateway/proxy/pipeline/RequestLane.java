package dev.nantian.gateway.proxy.pipeline;

import dev.nantian.gateway.proxy.filter.HeaderFields;
import dev.nantian.gateway.proxy.filter.Verdict;
import dev.nantian.gateway.proxy.http.BodyReader;
import dev.nantian.gateway.proxy.http.Head;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/** The way of a request through the filters: from the client, and into the backend. */
final class RequestLane extends FilterLane {
  RequestLane(FilterChain chain, ByteBufAllocator allocator) {
    super(chain, allocator);
  }

  @Override
  Verdict invoke(FilterLink link, Call call, @Nullable ByteBuf part) {
    return switch (call) {
      case HEAD -> link.onRequestHead();
      case BODY -> link.onRequestBody(part == null ? Unpooled.EMPTY_BUFFER : part);
      case END -> link.onRequestEnd(new HeaderFields(chain.exchange().requestBody().trailers()));
    };
  }

  @Override
  Head head() {
    return chain.exchange().request();
  }

  @Override
  boolean hasTrailers() {
    return chain.exchange().requestBody().trailersToSend() != null;
  }

  @Override
  void unwrapSource() {
    chain.exchange().downstream().unwrapRequestChunks();
  }

  @Override
  void beforeStop(int index) {}

  @Override
  void headAtSink() {
    chain.exchange().filters().requestPassed();
  }

  @Override
  void sink(ByteBuf part) {
    chain.exchange().upstream().write(part, false);
  }

  @Override
  void sinkEnd() {
    if (kind() != BodyReader.Kind.NONE) {
      chain.exchange().upstream().write(Unpooled.EMPTY_BUFFER, true);
    }
  }

  @Override
  void tooLong() {
    chain.exchange().fail(LocalAnswer.REQUEST_TOO_LONG);
  }
}
