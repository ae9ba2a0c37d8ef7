package dev.nantian.gateway.proxy.listener;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.Test;

class ResponseWriterTest {
  @Test
  void aSmallPartThatMustWaitDoesNotKeepTheBufferItWasReadInto() {
    EmbeddedChannel channel = new EmbeddedChannel();
    try {
      channel.config().setWriteBufferWaterMark(new WriteBufferWaterMark(1, 1_000));
      var unused = channel.write(channel.alloc().directBuffer().writeZero(990));
      ByteBuf read = PooledByteBufAllocator.DEFAULT.directBuffer(32 << 10).writeZero(100);
      ByteBuf part = read.readRetainedSlice(50);
      read.release();

      new ResponseWriter().body(channel, part, false, null);

      assertThat(read.refCnt()).isZero();
    } finally {
      channel.flushOutbound();
      channel.finishAndReleaseAll();
    }
  }
}
