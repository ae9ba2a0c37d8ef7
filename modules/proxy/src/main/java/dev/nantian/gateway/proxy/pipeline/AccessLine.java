package dev.nantian.gateway.proxy.pipeline;

import static dev.nantian.gateway.proxy.log.LoopAccessLog.field;

import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.http.FieldNames;
import dev.nantian.gateway.proxy.http.HeaderName;
import dev.nantian.gateway.proxy.http.RequestHead;
import dev.nantian.gateway.proxy.log.LoopAccessLog;
import dev.nantian.gateway.proxy.route.RouteTarget;
import dev.nantian.gateway.proxy.upstream.EndpointPool;
import org.jspecify.annotations.Nullable;

/** The fields of a line of the access log, as docs/access-log.md lists them. */
final class AccessLine {
  private static final byte[] CLIENT = field("client");
  private static final byte[] TLS = field("tls");
  private static final byte[] PROTOCOL = field("protocol");
  private static final byte[] METHOD = field("method");
  private static final byte[] HOST = field("host");
  private static final byte[] PATH = field("path");
  private static final byte[] STATUS = field("status");
  private static final byte[] DURATION_MICROS = field("durationMicros");
  private static final byte[] BYTES_RECEIVED = field("bytesReceived");
  private static final byte[] BYTES_SENT = field("bytesSent");
  private static final byte[] ROUTE = field("route");
  private static final byte[] RULE = field("rule");
  private static final byte[] BACKEND = field("backend");
  private static final byte[] ENDPOINT = field("endpoint");
  private static final byte[] REQUEST_ID = field("requestId");
  private static final byte[] USER_AGENT = field("userAgent");
  private static final byte[] REFUSAL = field("refusal");
  private static final byte[] FAILURE = field("failure");

  private AccessLine() {}

  /** What the client asked, before any filter. */
  static LoopAccessLog begin(
      LoopAccessLog log, RequestHead head, Downstream downstream, ExchangeRecord.Asked asked) {
    byte[] client = downstream.remoteAddressText();
    byte[] bytes = head.bytes();
    log.begin(System.currentTimeMillis())
        .text(CLIENT, client, 0, client.length)
        .flag(TLS, downstream.isTls())
        .text(PROTOCOL, head.version().text())
        .text(METHOD, bytes, head.methodOffset(), head.methodLength())
        .text(HOST, bytes, asked.hostOffset, asked.hostLength);
    return asked.queryLength < 0
        ? log.text(PATH, bytes, asked.pathOffset, asked.pathLength)
        : log.text(
            PATH,
            bytes,
            asked.pathOffset,
            asked.pathLength,
            '?',
            asked.queryOffset,
            asked.queryLength);
  }

  /** What became of it, and the line's end. */
  static void end(
      LoopAccessLog log,
      RequestHead head,
      int status,
      long durationNanos,
      long bytesReceived,
      long bytesSent,
      @Nullable RouteTarget target,
      @Nullable Cluster cluster,
      @Nullable EndpointPool endpoint,
      String refusal,
      String failure) {
    log.number(STATUS, status)
        .number(DURATION_MICROS, durationNanos / 1_000)
        .number(BYTES_RECEIVED, bytesReceived)
        .number(BYTES_SENT, bytesSent);
    if (target != null) {
      log.text(ROUTE, target.route()).number(RULE, target.ruleIndex());
    }
    if (cluster != null) {
      log.text(BACKEND, cluster.name());
    }
    if (endpoint != null) {
      log.text(ENDPOINT, endpoint.text());
    }
    header(log, REQUEST_ID, head, FieldNames.X_REQUEST_ID);
    header(log, USER_AGENT, head, FieldNames.USER_AGENT);
    log.text(REFUSAL, refusal).text(FAILURE, failure).end();
  }

  private static void header(LoopAccessLog log, byte[] field, RequestHead head, HeaderName name) {
    int slot = head.indexOf(name, 0);
    if (slot >= 0 && head.valueLength(slot) > 0) {
      log.text(field, head.bytes(), head.valueOffset(slot), head.valueLength(slot));
    }
  }
}
