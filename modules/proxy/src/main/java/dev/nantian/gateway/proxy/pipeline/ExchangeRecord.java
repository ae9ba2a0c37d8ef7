package dev.nantian.gateway.proxy.pipeline;

import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.filter.Outcome;
import dev.nantian.gateway.proxy.http.Refusal;
import dev.nantian.gateway.proxy.http.RequestHead;
import dev.nantian.gateway.proxy.log.LoopAccessLog;
import dev.nantian.gateway.proxy.metrics.LoopMetrics;
import dev.nantian.gateway.proxy.route.RouteTarget;
import dev.nantian.gateway.proxy.upstream.EndpointPool;
import org.jspecify.annotations.Nullable;

/**
 * What is written down of one exchange: its time, its bytes, and in the end the counters and the
 * line of the access log.
 *
 * <p>Touched by its event loop only; reused with its exchange.
 */
final class ExchangeRecord {
  private final Worker worker;
  private long startNanos;
  private long bytesToClient;
  private long bytesFromClient;

  private final Asked asked = new Asked();
  private String refusal = "";
  private String failure = "";

  /** Where the client's own words stand. The head never moves bytes: filters do not change them. */
  static final class Asked {
    int pathOffset;
    int pathLength;
    int queryOffset;
    int queryLength;
    int hostOffset;
    int hostLength;

    private void remember(RequestHead head) {
      pathOffset = head.pathOffset();
      pathLength = head.pathLength();
      queryOffset = head.queryOffset();
      queryLength = head.queryLength();
      hostOffset = head.hostOffset();
      hostLength = head.hostLength();
    }
  }

  ExchangeRecord(Worker worker) {
    this.worker = worker;
  }

  /** A request is about to be received. */
  void clear() {
    bytesToClient = 0;
    bytesFromClient = 0;
    refusal = "";
    failure = "";
  }

  /** The head is complete: the exchange counts as a request from now on. */
  void start(RequestHead head) {
    startNanos = System.nanoTime();
    asked.remember(head);
    worker.metrics().requestStarted();
    worker.metrics().requestBy(head.version());
  }

  long startNanos() {
    return startNanos;
  }

  void received(int bytes) {
    bytesFromClient += bytes;
  }

  void sent(int bytes) {
    bytesToClient += bytes;
  }

  /** The request's body turned out to be malformed; the exchange ends soon. */
  void broken(Refusal why) {
    refusal = why.label();
  }

  /** The proxy answers itself, or cuts the response; the exchange ends soon. */
  void failed(LocalAnswer why) {
    failure = why.label();
  }

  /** The figures for filters. */
  Outcome outcome(
      Outcome.End end, int status, @Nullable Cluster cluster, @Nullable EndpointPool endpoint) {
    return new Outcome(
        end,
        status,
        System.nanoTime() - startNanos,
        bytesFromClient,
        bytesToClient,
        cluster == null ? "" : cluster.name(),
        endpoint == null ? "" : endpoint.text());
  }

  /**
   * The exchange is over.
   *
   * @param status 0 if the client got no answer
   * @param endpoint null if none was reached
   */
  void end(
      int status,
      RequestHead head,
      Downstream downstream,
      @Nullable RouteTarget target,
      @Nullable Cluster cluster,
      @Nullable EndpointPool endpoint) {
    long durationNanos = System.nanoTime() - startNanos;
    LoopMetrics metrics = worker.metrics();
    metrics.requestEnded();
    metrics.requestDone(
        target == null ? -1 : target.action().statsId(),
        target == null ? "" : target.route(),
        status,
        durationNanos);
    if (cluster != null) {
      metrics.backendDone(cluster.name(), status);
    }
    metrics.received(bytesFromClient);
    metrics.sent(bytesToClient);
    LoopAccessLog log = worker.accessLog();
    if (log != null) {
      AccessLine.end(
          AccessLine.begin(log, head, downstream, asked),
          head,
          status,
          durationNanos,
          bytesFromClient,
          bytesToClient,
          target,
          cluster,
          endpoint,
          refusal,
          failure);
    }
  }

  /** The request never became one: its head is malformed or did not come to its end. */
  void refused(int status, String why, RequestHead partOfHead, Downstream downstream) {
    LoopAccessLog log = worker.accessLog();
    if (log != null) {
      refusal = why;
      asked.remember(partOfHead);
      AccessLine.end(
          AccessLine.begin(log, partOfHead, downstream, asked),
          partOfHead,
          status,
          0,
          bytesFromClient,
          bytesToClient,
          null,
          null,
          null,
          refusal,
          "");
    }
  }
}
