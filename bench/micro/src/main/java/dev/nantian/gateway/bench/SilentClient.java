package dev.nantian.gateway.bench;

import dev.nantian.gateway.proxy.http.BodyReader;
import dev.nantian.gateway.proxy.http.ResponseHead;
import dev.nantian.gateway.proxy.pipeline.Downstream;
import dev.nantian.gateway.proxy.pipeline.Exchange;
import dev.nantian.gateway.proxy.pipeline.Worker;
import io.netty.buffer.ByteBuf;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Takes every response and counts those that were complete. Touched by its event loop only. */
final class SilentClient implements Downstream {
  private static final InetSocketAddress ADDRESS =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 40_000);
  private static final byte[] ADDRESS_TEXT = "127.0.0.1".getBytes(StandardCharsets.US_ASCII);

  private final Worker worker;
  private long answered;

  SilentClient(Worker worker) {
    this.worker = worker;
  }

  long answered() {
    return answered;
  }

  @Override
  public InetSocketAddress remoteAddress() {
    return ADDRESS;
  }

  @Override
  public byte[] remoteAddressText() {
    return ADDRESS_TEXT;
  }

  @Override
  public boolean isTls() {
    return false;
  }

  @Override
  public byte @Nullable [] serverName() {
    return null;
  }

  @Override
  public BodyReader.Kind requestBodyKind() {
    return BodyReader.Kind.NONE;
  }

  @Override
  public void unwrapRequestChunks() {}

  @Override
  public void resumeRequest() {}

  @Override
  public void pauseRequest() {}

  @Override
  public void interim(ResponseHead head) {}

  @Override
  public void startResponse(Exchange exchange) {
    exchange.responding();
    exchange.responseBody().resume(false);
  }

  @Override
  public void responseBody(ByteBuf part, boolean last) {
    part.release();
  }

  @Override
  public void answer(Exchange exchange, int status, String text, byte @Nullable [] location) {
    throw new IllegalStateException("the proxy's own answer " + status + ": " + text);
  }

  @Override
  public boolean isWritable() {
    return true;
  }

  @Override
  public void flush() {}

  @Override
  public void exchangeEnded(Exchange exchange) {
    answered++;
    worker.giveBack(exchange);
  }

  @Override
  public void abort() {
    throw new IllegalStateException("aborted");
  }
}
