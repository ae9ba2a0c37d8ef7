package dev.nantian.gateway.proxy.upstream;

import dev.nantian.gateway.proxy.http.ResponseHead;
import dev.nantian.gateway.proxy.http.Trailers;
import dev.nantian.gateway.proxy.loop.DeadlineWheel;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Takes the rest of a response that nobody wants any more, so that its connection can serve again:
 * cheaper than a new connection, as long as it is short and comes soon.
 *
 * <p>Touched by its event loop only. As an entry of the deadline wheel it is the time that the rest
 * may take.
 */
final class UnwantedRest extends DeadlineWheel.Entry implements UpstreamUser {
  /** What is read of a body for the sake of its connection. */
  static final int MAX_BYTES = 64 << 10;

  private static final long MAX_MILLIS = 1_000;

  private final UpstreamStream stream;
  private final DeadlineWheel wheel;
  private final ResponseHead head = new ResponseHead();
  private final Trailers trailers = new Trailers();
  private int left = MAX_BYTES;

  UnwantedRest(UpstreamStream stream, DeadlineWheel wheel) {
    this.stream = stream;
    this.wheel = wheel;
    wheel.arm(this, MAX_MILLIS);
  }

  @Override
  public void onResponseBody(ByteBuf part, boolean last) {
    left -= part.readableBytes();
    part.release();
    if (last) {
      wheel.remove(this);
    } else if (left < 0) {
      wheel.remove(this);
      stream.abandon();
    }
  }

  @Override
  protected void onDeadline() {
    stream.abandon();
  }

  @Override
  public void onUpstreamFailed(UpstreamFailure failure) {
    wheel.remove(this);
  }

  @Override
  public ResponseHead responseHead() {
    return head;
  }

  @Override
  public @Nullable Trailers requestTrailers() {
    return null;
  }

  @Override
  public Trailers responseTrailers() {
    return trailers;
  }

  @Override
  public void onUpstreamReadComplete() {}

  @Override
  public void onUpstreamWritability() {}

  // It comes when the head is there: nothing of what is before that.

  @Override
  public void onConnected(UpstreamStream connected) {}

  @Override
  public void onConnectFailed(EndpointPool pool, String reason) {}

  @Override
  public void onNoRoom(EndpointPool pool, String reason) {}

  @Override
  public void onTlsFailed(EndpointPool pool, String reason) {}

  @Override
  public void onInterimResponse() {}

  @Override
  public void onResponseHead() {}
}
