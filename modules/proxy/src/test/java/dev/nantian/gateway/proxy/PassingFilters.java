package dev.nantian.gateway.proxy;

import dev.nantian.gateway.proxy.filter.ExchangeFilter;
import dev.nantian.gateway.proxy.filter.Filter;
import dev.nantian.gateway.proxy.filter.FilterExchange;
import dev.nantian.gateway.proxy.filter.HeaderFields;
import dev.nantian.gateway.proxy.filter.Verdict;
import dev.nantian.gateway.proxy.http.HeaderName;
import io.netty.buffer.ByteBuf;

/** Filters that change nothing of a body, by how much of it they ask for. */
enum PassingFilters {
  /** Heads only: bodies pass by reference. */
  HEADS,
  STREAMED,
  WHOLE;

  static final HeaderName MARK = HeaderName.of("x-mark");

  private static final int MAX_BYTES = 2 << 20;

  Filter filter() {
    return Passing::new;
  }

  /** As {@link #filter}, to be changed in a test. */
  class Passing implements ExchangeFilter {
    final FilterExchange exchange;

    Passing(FilterExchange exchange) {
      this.exchange = exchange;
    }

    @Override
    public Verdict onRequestHead() {
      exchange.request().add(MARK, "head");
      switch (PassingFilters.this) {
        case HEADS -> {}
        case STREAMED -> exchange.streamRequest();
        case WHOLE -> exchange.collectRequest(MAX_BYTES);
      }
      return Verdict.CONTINUE;
    }

    @Override
    public Verdict onRequestBody(ByteBuf part) {
      exchange.writeRequest(part);
      return Verdict.CONTINUE;
    }

    @Override
    public Verdict onRequestEnd(HeaderFields trailers) {
      if (trailers.first(HeaderName.of("x-sum")) != null) {
        trailers.add(MARK, "end");
      }
      return Verdict.CONTINUE;
    }

    @Override
    public Verdict onResponseHead() {
      exchange.response().add(MARK, "head");
      switch (PassingFilters.this) {
        case HEADS -> {}
        case STREAMED -> exchange.streamResponse();
        case WHOLE -> exchange.collectResponse(MAX_BYTES);
      }
      return Verdict.CONTINUE;
    }

    @Override
    public Verdict onResponseBody(ByteBuf part) {
      exchange.writeResponse(part);
      return Verdict.CONTINUE;
    }

    @Override
    public Verdict onResponseEnd(HeaderFields trailers) {
      if (trailers.first(HeaderName.of("x-sum")) != null) {
        trailers.add(MARK, "end");
      }
      return Verdict.CONTINUE;
    }
  }
}
