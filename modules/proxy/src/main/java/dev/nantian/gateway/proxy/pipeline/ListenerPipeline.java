package dev.nantian.gateway.proxy.pipeline;

import dev.nantian.gateway.proxy.loop.LoopDispatchers;
import dev.nantian.gateway.proxy.route.ListenerTable;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.stream.ActorAttributes;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.Supervision;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The running stream of one listening socket on one loop, and the routes that it reads.
 *
 * <p>Lives as long as the socket. A new configuration swaps the table; each exchange keeps the one
 * that it entered with. If the stream ends although nobody stopped it, it is materialised again and
 * goes on with what was waiting.
 *
 * <p>Touched by its event loop only, except for construction.
 */
public final class ListenerPipeline {
  private static final Logger LOG = LoggerFactory.getLogger(ListenerPipeline.class);

  private final String name;
  private final Worker worker;
  private final Supplier<RequestPath.Handle> materialize;
  private ListenerTable table;
  private RequestPath.Handle running;
  private boolean stopped;

  /**
   * Materialises the stream.
   *
   * @param name of the socket, for logs
   */
  public ListenerPipeline(
      String name, Worker worker, Materializer materializer, ListenerTable table) {
    this(
        name,
        worker,
        () ->
            RequestPath.blueprint(name)
                .withAttributes(
                    ActorAttributes.dispatcher(LoopDispatchers.id(worker.index()))
                        .and(ActorAttributes.withSupervisionStrategy(e -> Supervision.resume())))
                .run(materializer),
        table);
  }

  ListenerPipeline(
      String name, Worker worker, Supplier<RequestPath.Handle> materialize, ListenerTable table) {
    this.name = name;
    this.worker = worker;
    this.materialize = materialize;
    this.table = table;
    this.running = materialize();
  }

  /** What waits in a stream that ends must not wait for the next request to find that out. */
  private RequestPath.Handle materialize() {
    RequestPath.Handle handle = materialize.get();
    handle.ended().whenComplete((done, error) -> worker.loop().execute(() -> onEnded(error)));
    return handle;
  }

  private void onEnded(@Nullable Throwable error) {
    if (!stopped) {
      LOG.error("stream of socket={} loop={} failed", name, worker.index(), error);
      var unused = alive(); // it may have been found and replaced by now
    }
  }

  public Worker worker() {
    return worker;
  }

  /** The routes for connections and requests that come from now on. */
  public ListenerTable table() {
    return table;
  }

  /** Replaces the routes. */
  public void table(ListenerTable table) {
    this.table = table;
  }

  /** Takes in a request whose head is complete. */
  public void admit(Exchange exchange) {
    alive().requests().offer(exchange);
  }

  /** Takes in a request whose head a filter had kept. */
  void resumed(Exchange exchange) {
    alive().resumed().offer(exchange);
  }

  /** Takes in a response whose head is complete. */
  void responded(Exchange exchange) {
    alive().responses().offer(exchange);
  }

  private RequestPath.Handle alive() {
    RequestPath.Handle handle = running;
    if (handle.requests().hasEnded()
        || handle.resumed().hasEnded()
        || handle.responses().hasEnded()) {
      LOG.error("stream of socket={} loop={} ended, starting it again", name, worker.index());
      handle.stop();
      running = materialize();
      for (Exchange e = handle.requests().takeLeftover(); e != null; ) {
        running.requests().offer(e);
        e = handle.requests().takeLeftover();
      }
      for (Exchange e = handle.resumed().takeLeftover(); e != null; ) {
        running.resumed().offer(e);
        e = handle.resumed().takeLeftover();
      }
      for (Exchange e = handle.responses().takeLeftover(); e != null; ) {
        running.responses().offer(e);
        e = handle.responses().takeLeftover();
      }
    }
    return running;
  }

  /** Ends the stream; completes when it has ended. */
  public CompletionStage<?> stop() {
    stopped = true;
    running.stop();
    return running.ended();
  }
}
