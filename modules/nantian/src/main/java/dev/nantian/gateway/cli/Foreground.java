package dev.nantian.gateway.cli;

import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a command running until it is told to end. The first SIGTERM or SIGINT starts the drain, a
 * second one ends the process at once.
 */
final class Foreground {
  private static final Logger log = LoggerFactory.getLogger(Foreground.class);

  private final CountDownLatch asked = new CountDownLatch(1);
  private final AtomicBoolean draining = new AtomicBoolean();

  /** Takes over both signals of this process; create it before anything that must be drained. */
  Foreground() {
    handle("TERM", 15);
    handle("INT", 2);
  }

  /**
   * The JDK has no supported way to hear a second signal, only {@code sun.misc.Signal}, whose mere
   * name is a compiler warning that cannot be switched off; hence by reflection.
   */
  private void handle(String name, int number) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object proxy =
          Proxy.newProxyInstance(
              Foreground.class.getClassLoader(),
              new Class<?>[] {handler},
              (self, method, arguments) -> {
                if (method.getName().equals("handle")) {
                  onSignal(name, number);
                }
                return null;
              });
      signal
          .getMethod("handle", signal, handler)
          .invoke(null, signal.getConstructor(String.class).newInstance(name), proxy);
    } catch (ReflectiveOperationException e) {
      // Then the JVM's own reaction stays: it ends without a drain.
      log.warn("event=signal_not_handled signal=SIG{}", name, e);
    }
  }

  private void onSignal(String name, int number) {
    if (draining.compareAndSet(false, true)) {
      log.info("event=draining signal=SIG{}", name);
      asked.countDown();
    } else {
      // halt, not exit: shutdown hooks could wait for what hangs.
      Runtime.getRuntime().halt(128 + number);
    }
  }

  /** Whether it is to end. */
  boolean isAsked() {
    return asked.getCount() == 0;
  }

  /** Starts the drain as a signal would; from any thread. */
  void end() {
    draining.set(true);
    asked.countDown();
  }

  /**
   * Blocks the calling (main) thread until a signal comes, then drains.
   *
   * @param drain starts the orderly end; called once
   * @param limit how long it may take
   * @return the exit status: 0, or 1 if the drain failed or did not end in time
   */
  int untilSignal(Supplier<? extends CompletionStage<?>> drain, Duration limit)
      throws InterruptedException {
    asked.await();
    try {
      drain.get().toCompletableFuture().get(limit.toMillis(), TimeUnit.MILLISECONDS);
      log.info("event=stopped");
      return 0;
    } catch (TimeoutException e) {
      log.warn("event=drain_timed_out limit={}", limit);
      return 1;
    } catch (ExecutionException e) {
      log.warn("event=drain_failed", e.getCause());
      return 1;
    }
  }
}
