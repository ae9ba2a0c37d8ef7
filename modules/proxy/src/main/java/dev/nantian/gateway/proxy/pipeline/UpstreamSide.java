package dev.nantian.gateway.proxy.pipeline;

import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.http.BodyReader;
import dev.nantian.gateway.proxy.http.ResponseHead;
import dev.nantian.gateway.proxy.http.Trailers;
import dev.nantian.gateway.proxy.route.WeightedBackends.Backend;
import dev.nantian.gateway.proxy.upstream.EndpointPool;
import dev.nantian.gateway.proxy.upstream.UpstreamFailure;
import dev.nantian.gateway.proxy.upstream.UpstreamStream;
import dev.nantian.gateway.proxy.upstream.UpstreamUser;
import io.netty.buffer.ByteBuf;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The backend's side of one exchange: the tries to get a response, and the stream that gives it.
 *
 * <p>It decides what a failed try means: another one, or an answer that {@link Exchange} gives.
 *
 * <p>Touched by its event loop only; reused with its exchange.
 */
final class UpstreamSide implements UpstreamUser {
  private static final Logger LOG = LoggerFactory.getLogger(UpstreamSide.class);

  private final Exchange exchange;
  private final Worker worker;
  private @Nullable Backend backend;
  private @Nullable Cluster cluster;
  private @Nullable EndpointPool pool;
  private @Nullable EndpointPool endpoint; // stays for the log when the pool is given back
  private @Nullable UpstreamStream stream;
  private @Nullable Trailers requestTrailers; // seldom there: made when needed, not kept
  private @Nullable Trailers responseTrailers;
  private boolean bodySent;
  private boolean retried;

  UpstreamSide(Exchange exchange, Worker worker) {
    this.exchange = exchange;
    this.worker = worker;
  }

  /** A request is about to be received. */
  void clear() {
    backend = null;
    cluster = null;
    pool = null;
    endpoint = null;
    stream = null;
    requestTrailers = null;
    responseTrailers = null;
    bodySent = false;
    retried = false;
  }

  Backend backend() {
    return Objects.requireNonNull(backend);
  }

  /** Null before one was chosen. */
  @Nullable Cluster cluster() {
    return cluster;
  }

  /** The last endpoint that was reached; null if none was. */
  @Nullable EndpointPool endpoint() {
    return endpoint;
  }

  /** The stream that the response comes from; only while it does. */
  UpstreamStream stream() {
    return Objects.requireNonNull(stream);
  }

  Trailers trailersOfRequest() {
    if (requestTrailers == null) {
      requestTrailers = new Trailers();
    }
    return requestTrailers;
  }

  @Nullable Trailers trailersOfResponse() {
    return responseTrailers;
  }

  // What the exchange asks for.

  void balanced(Backend chosen, Cluster of, EndpointPool first) {
    backend = chosen;
    cluster = of;
    pool = first;
  }

  /** Starts a try at the chosen endpoint. */
  void connect() {
    exchange.connecting();
    Objects.requireNonNull(pool).acquire(this);
  }

  /** A part of the request's body; takes over the buffer. */
  void write(ByteBuf part, boolean last) {
    UpstreamStream to = stream;
    if (to == null) {
      part.release();
      return;
    }
    bodySent = true;
    to.write(part, last);
    if (!last && !to.isWritable()) {
      exchange.downstream().pauseRequest();
    }
  }

  void flush() {
    if (stream != null) {
      stream.flush();
    }
  }

  /** The client's side takes bytes of the response or no more. */
  void readable(boolean on) {
    if (stream != null) {
      stream.readable(on);
    }
  }

  /** Cuts what is under way. */
  void giveUp() {
    UpstreamStream cut = stream;
    stream = null;
    if (cut != null) {
      releasePool();
      cut.abandon();
    } else if (pool != null) {
      pool.cancel(this);
      pool = null;
    }
  }

  private void releasePool() {
    if (pool != null) {
      pool.released();
      pool = null;
    }
  }

  // What the pool says.

  @Override
  public void onConnected(UpstreamStream connected) {
    stream = connected;
    endpoint = connected.pool();
    exchange.connected();
    boolean hasBody = exchange.hasRequestBody();
    connected.send(exchange.request(), hasBody ? bodyFor(connected) : BodyReader.Kind.NONE);
    if (hasBody) {
      exchange.downstream().resumeRequest();
    } else {
      connected.flush();
    }
  }

  private BodyReader.Kind bodyFor(UpstreamStream to) {
    Downstream from = exchange.downstream();
    if (from.requestBodyKind() == BodyReader.Kind.CHUNKED && !to.takesChunks()) {
      from.unwrapRequestChunks();
    }
    return from.requestBodyKind();
  }

  @Override
  public void onConnectFailed(EndpointPool failed, String reason) {
    if (LOG.isDebugEnabled()) {
      LOG.debug("no connection endpoint={} reason={}", failed.endpoint(), reason);
    }
    pool = null;
    EndpointPool other = retried || cluster == null ? null : worker.pools().choose(cluster, failed);
    if (other == null) {
      exchange.answer(LocalAnswer.NO_CONNECTION);
      return;
    }
    retried = true;
    worker.metrics().retried();
    pool = other;
    connect();
  }

  // What the stream says.

  @Override
  public ResponseHead responseHead() {
    return exchange.response();
  }

  @Override
  public @Nullable Trailers requestTrailers() {
    return requestTrailers;
  }

  @Override
  public Trailers responseTrailers() {
    if (responseTrailers == null) {
      responseTrailers = new Trailers();
    }
    return responseTrailers;
  }

  @Override
  public void onInterimResponse() {
    exchange.downstream().interim(exchange.response());
  }

  @Override
  public void onResponseHead() {
    exchange.responded();
  }

  @Override
  public void onResponseBody(ByteBuf part, boolean last) {
    if (last) {
      stream = null;
      releasePool();
    }
    exchange.onResponseBody(part, last);
  }

  @Override
  public void onUpstreamReadComplete() {
    exchange.flushResponse();
  }

  @Override
  public void onUpstreamWritability() {
    if (stream != null && stream.isWritable() && !exchange.isRequestComplete()) {
      exchange.downstream().resumeRequest();
      stream.flush();
    }
  }

  @Override
  public void onUpstreamFailed(UpstreamFailure failure) {
    stream = null;
    EndpointPool failed = pool;
    releasePool();
    if (exchange.isResponding()) {
      exchange.truncated();
    } else if (failure == UpstreamFailure.STALE && failed != null && mayRepeat()) {
      retried = true;
      worker.metrics().retried();
      exchange.response().clear();
      exchange.downstream().pauseRequest(); // the body must wait for the new connection
      pool = failed;
      exchange.connecting();
      failed.acquireFresh(this);
    } else {
      exchange.answer(
          switch (failure) {
            case LOST, STALE -> LocalAnswer.BACKEND_LOST;
            case BAD_RESPONSE, TRUNCATED -> LocalAnswer.BAD_RESPONSE;
            case INTERNAL -> LocalAnswer.INTERNAL;
          });
    }
  }

  /**
   * The backend closed a kept connection just as we used it. Nothing of the body is lost yet, and
   * the method allows a second time (RFC 9110 section 9.2.2: a proxy must not repeat others).
   */
  private boolean mayRepeat() {
    return !retried && !bodySent && Methods.isIdempotent(exchange.request());
  }
}
