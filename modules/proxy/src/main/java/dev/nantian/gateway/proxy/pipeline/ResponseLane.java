package dev.nantian.gateway.proxy.pipeline;

import dev.nantian.gateway.proxy.filter.HeaderFields;
import dev.nantian.gateway.proxy.filter.Verdict;
import dev.nantian.gateway.proxy.http.Head;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/** The way of a response through the filters, innermost first: from the backend, to the client. */
final class ResponseLane extends FilterLane {
  private boolean edited;

  ResponseLane(FilterChain chain, ByteBufAllocator allocator) {
    super(chain, allocator);
  }

  @Override
  Verdict invoke(FilterLink link, Call call, @Nullable ByteBuf part) {
    return switch (call) {
      case HEAD -> link.onResponseHead();
      case BODY -> link.onResponseBody(part == null ? Unpooled.EMPTY_BUFFER : part);
      case END ->
          link.onResponseEnd(new HeaderFields(chain.exchange().responseBody().trailersToFill()));
    };
  }

  @Override
  Head head() {
    return chain.exchange().response();
  }

  @Override
  boolean hasTrailers() {
    return chain.exchange().responseBody().trailers() != null;
  }

  @Override
  void unwrapSource() {
    chain.exchange().upstream().unwrapChunks();
  }

  /** The rule's own header changes are made between its backend's filters and its own. */
  @Override
  void beforeStop(int index) {
    if (!edited && index == chain.firstOfRule()) {
      edited = true;
      chain.exchange().filters().editResponse();
    }
  }

  @Override
  void headAtSink() {
    chain.exchange().filters().responsePassed();
  }

  @Override
  void sink(ByteBuf part) {
    chain.exchange().responseBody().write(part);
  }

  @Override
  void sinkEnd() {
    chain.exchange().responseBody().end();
  }

  @Override
  void tooLong() {
    chain.exchange().fail(LocalAnswer.RESPONSE_TOO_LONG);
  }
}
