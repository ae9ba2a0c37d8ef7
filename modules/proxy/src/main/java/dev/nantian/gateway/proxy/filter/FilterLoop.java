package dev.nantian.gateway.proxy.filter;

import io.netty.buffer.ByteBufAllocator;

/** What a filter may use of the event loop that its exchange belongs to. */
public interface FilterLoop {
  /** Of this process, from 0. State may be kept for each loop without locks. */
  int index();

  /** Buffers for parts of bodies come from here. For the loop's thread. */
  ByteBufAllocator allocator();

  /** HTTP requests to backends, over this loop's own connections. For the loop's thread. */
  HttpCalls calls();

  /** Requests on the side, over this loop's own connections. For the loop's thread. */
  HttpCopies copies();
}
