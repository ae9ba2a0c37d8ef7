package dev.nantian.gateway.proxy.pipeline;

import dev.nantian.gateway.proxy.health.Outcome;
import dev.nantian.gateway.proxy.http.RequestHead;
import dev.nantian.gateway.proxy.http.ResponseHead;
import dev.nantian.gateway.proxy.http.Trailers;
import dev.nantian.gateway.proxy.loop.DeadlineWheel;
import dev.nantian.gateway.proxy.upstream.EndpointPool;
import dev.nantian.gateway.proxy.upstream.UpstreamStream;
import dev.nantian.gateway.proxy.upstream.UpstreamUser;
import org.jspecify.annotations.Nullable;

/**
 * A request that no client waits for: the call of a filter, or the copy of a request. It has a
 * deadline of its own and tells the endpoint's health how it went.
 *
 * <p>Touched by its event loop only.
 */
abstract class OwnRequest extends DeadlineWheel.Entry implements UpstreamUser {
  final RequestHead head = new RequestHead();
  final ResponseHead response = new ResponseHead();
  private final Trailers trailers = new Trailers();

  /** Null until there is a connection, and once the stream is over. */
  @Nullable UpstreamStream stream;

  /** Tells the endpoint's health how it went. */
  abstract void report(Outcome outcome);

  @Override
  public final ResponseHead responseHead() {
    return response;
  }

  @Override
  public final @Nullable Trailers requestTrailers() {
    return null;
  }

  @Override
  public final Trailers responseTrailers() {
    return trailers;
  }

  @Override
  public final void onTlsFailed(EndpointPool failed, String reason) {
    onConnectFailed(failed, reason);
  }

  @Override
  public final void onInterimResponse() {}

  @Override
  public final void onResponseHead() {
    UpstreamStream from = stream;
    if (from != null) {
      report(response.status() >= 500 ? Outcome.ERROR_STATUS : Outcome.GOOD);
      from.unwrapChunks();
      from.resume(false);
    }
  }

  @Override
  public final void onUpstreamReadComplete() {}
}
