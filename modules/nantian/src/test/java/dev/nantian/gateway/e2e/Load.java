package dev.nantian.gateway.e2e;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;

/** Requests without pause on a few connections until it is closed; remembers what was not 200. */
final class Load {
  private final AtomicBoolean on = new AtomicBoolean(true);
  private final LongAdder requests = new LongAdder();
  private final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();
  private final List<Thread> clients = new ArrayList<>();

  Load(String url, int connections) {
    for (int i = 0; i < connections; i++) {
      clients.add(Thread.ofVirtual().start(() -> run(url)));
    }
  }

  private void run(String url) {
    while (on.get()) {
      try {
        int status = NantianProcess.get(url).statusCode();
        if (status != 200) {
          failures.add("status " + status);
        }
      } catch (IOException e) {
        failures.add(e.toString());
      }
      requests.increment();
    }
  }

  /** Requests so far. */
  long requests() {
    return requests.sum();
  }

  /** Ends the load and gives every failure. */
  List<String> stop() throws InterruptedException {
    on.set(false);
    for (Thread client : clients) {
      client.join();
    }
    return List.copyOf(failures);
  }
}
