package dev.nantian.gateway.proxy.log;

/**
 * A finished request, as it is logged. Empty text means that there is nothing to say.
 *
 * @param protocol {@code HTTP/1.0}, {@code HTTP/1.1} or {@code HTTP/2}
 * @param status 0 if the client got no answer
 * @param durationNanos from the complete request head to the response's last byte
 * @param bytesReceived of the request's body as framed
 * @param bytesSent of the response, its body as framed
 * @param host as the client sent it, whatever filters made of it; so is {@code path}
 * @param refusal why the codec did not accept the request
 */
public record AccessEntry(
    long epochMillis,
    String client,
    boolean tls,
    String protocol,
    String method,
    String host,
    String path,
    int status,
    long durationNanos,
    long bytesReceived,
    long bytesSent,
    String route,
    int rule,
    String backend,
    String endpoint,
    String requestId,
    String userAgent,
    String refusal) {}
