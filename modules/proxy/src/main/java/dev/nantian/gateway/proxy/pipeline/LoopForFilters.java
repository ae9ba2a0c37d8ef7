package dev.nantian.gateway.proxy.pipeline;

import dev.nantian.gateway.proxy.filter.FilterLoop;
import dev.nantian.gateway.proxy.filter.HttpCalls;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;

/** What filters get of an event loop. */
record LoopForFilters(int index, HttpCalls calls) implements FilterLoop {
  @Override
  public ByteBufAllocator allocator() {
    return PooledByteBufAllocator.DEFAULT;
  }
}
