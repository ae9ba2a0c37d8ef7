package dev.nantian.gateway.proxy.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.DefaultEventLoop;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class DeadlineWheelTest {
  @Test
  void goesOnAfterADeadlineThatThrows() throws Exception {
    DefaultEventLoop loop = new DefaultEventLoop();
    try {
      DeadlineWheel wheel = new DeadlineWheel(loop);
      CompletableFuture<Void> reached = new CompletableFuture<>();

      loop.execute(
          () -> {
            wheel.arm(entry(() -> reached.complete(null)), 100);
            wheel.arm(
                entry(
                    () -> {
                      throw new IllegalStateException("thrown on purpose");
                    }),
                10);
          });

      assertThat(reached).succeedsWithin(10, TimeUnit.SECONDS);
    } finally {
      var unused = loop.shutdownGracefully();
    }
  }

  private static DeadlineWheel.Entry entry(Runnable action) {
    return new DeadlineWheel.Entry() {
      @Override
      protected void onDeadline() {
        action.run();
      }
    };
  }
}
