package dev.nantian.gateway.proxy.pipeline;

import dev.nantian.gateway.proxy.filter.FilterLoop;
import dev.nantian.gateway.proxy.filter.HttpCalls;
import dev.nantian.gateway.proxy.filter.HttpCopies;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;

/** What filters get of an event loop. */
record LoopForFilters(int index, HttpCalls calls, HttpCopies copies) implements FilterLoop {
  @Override
  public ByteBufAllocator allocator() {
    return PooledByteBufAllocator.DEFAULT;
  }
}
