package dev.nantian.gateway.proxy.pipeline;

import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.filter.Outcome;
import dev.nantian.gateway.proxy.http.FieldNames;
import dev.nantian.gateway.proxy.http.HeaderName;
import dev.nantian.gateway.proxy.http.Refusal;
import dev.nantian.gateway.proxy.http.RequestHead;
import dev.nantian.gateway.proxy.log.AccessEntry;
import dev.nantian.gateway.proxy.log.AccessLog;
import dev.nantian.gateway.proxy.metrics.LoopMetrics;
import dev.nantian.gateway.proxy.route.RouteTarget;
import dev.nantian.gateway.proxy.upstream.EndpointPool;
import java.nio.charset.StandardCharsets;
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

  // Where the client's own words stand. The head never moves bytes, so filters cannot change them.
  private int pathOffset;
  private int pathLength;
  private int queryOffset;
  private int queryLength;
  private int hostOffset;
  private int hostLength;
  private String refusal = "";

  ExchangeRecord(Worker worker) {
    this.worker = worker;
  }

  /** A request is about to be received. */
  void clear() {
    bytesToClient = 0;
    bytesFromClient = 0;
    refusal = "";
  }

  /** The head is complete: the exchange counts as a request from now on. */
  void start(RequestHead head) {
    startNanos = System.nanoTime();
    remember(head);
    worker.metrics().requestStarted();
    worker.metrics().requestBy(head.version());
  }

  private void remember(RequestHead head) {
    pathOffset = head.pathOffset();
    pathLength = head.pathLength();
    queryOffset = head.queryOffset();
    queryLength = head.queryLength();
    hostOffset = head.hostOffset();
    hostLength = head.hostLength();
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
    AccessLog log = worker.accessLog();
    if (log != null) {
      log.offer(entry(status, durationNanos, head, downstream, target, cluster, endpoint));
    }
  }

  /** The request never became one: its head is malformed or did not come to its end. */
  void refused(int status, String why, RequestHead partOfHead, Downstream downstream) {
    AccessLog log = worker.accessLog();
    if (log != null) {
      refusal = why;
      remember(partOfHead);
      log.offer(entry(status, 0, partOfHead, downstream, null, null, null));
    }
  }

  private AccessEntry entry(
      int status,
      long durationNanos,
      RequestHead head,
      Downstream downstream,
      @Nullable RouteTarget target,
      @Nullable Cluster cluster,
      @Nullable EndpointPool endpoint) {
    String path = head.text(pathOffset, pathLength);
    return new AccessEntry(
        System.currentTimeMillis(),
        new String(downstream.remoteAddressText(), StandardCharsets.US_ASCII),
        downstream.isTls(),
        head.version().text(),
        head.text(head.methodOffset(), head.methodLength()),
        head.text(hostOffset, hostLength),
        queryLength < 0 ? path : path + "?" + head.text(queryOffset, queryLength),
        status,
        durationNanos,
        bytesFromClient,
        bytesToClient,
        target == null ? "" : target.route(),
        target == null ? 0 : target.ruleIndex(),
        cluster == null ? "" : cluster.name(),
        endpoint == null ? "" : endpoint.text(),
        field(head, FieldNames.X_REQUEST_ID),
        field(head, FieldNames.USER_AGENT),
        refusal);
  }

  private static String field(RequestHead head, HeaderName name) {
    int slot = head.indexOf(name, 0);
    return slot < 0 ? "" : head.text(head.valueOffset(slot), head.valueLength(slot));
  }
}
