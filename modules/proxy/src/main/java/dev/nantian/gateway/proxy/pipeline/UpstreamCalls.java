package dev.nantian.gateway.proxy.pipeline;

import dev.nantian.gateway.proxy.filter.Answer;
import dev.nantian.gateway.proxy.filter.FilterBackend;
import dev.nantian.gateway.proxy.filter.FilterRequest;
import dev.nantian.gateway.proxy.filter.HeaderFields;
import dev.nantian.gateway.proxy.filter.HttpCalls;
import dev.nantian.gateway.proxy.health.Outcome;
import dev.nantian.gateway.proxy.http.BodyReader;
import dev.nantian.gateway.proxy.http.FieldNames;
import dev.nantian.gateway.proxy.http.HeaderName;
import dev.nantian.gateway.proxy.http.RequestHead;
import dev.nantian.gateway.proxy.loop.DeadlineWheel;
import dev.nantian.gateway.proxy.upstream.ClusterMember;
import dev.nantian.gateway.proxy.upstream.EndpointPool;
import dev.nantian.gateway.proxy.upstream.UpstreamFailure;
import dev.nantian.gateway.proxy.upstream.UpstreamPools;
import dev.nantian.gateway.proxy.upstream.UpstreamStream;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Calls of filters over the connection pools of one event loop.
 *
 * <p>Touched by its event loop only.
 */
final class UpstreamCalls implements HttpCalls {
  private final UpstreamPools pools;
  private final DeadlineWheel wheel;

  UpstreamCalls(UpstreamPools pools, DeadlineWheel wheel) {
    this.pools = pools;
    this.wheel = wheel;
  }

  @Override
  public CompletionStage<Response> send(FilterBackend backend, Request request) {
    ClusterMember member = pools.choose(backend.cluster(), pools.ticket(Long.MAX_VALUE), null);
    if (member == null) {
      return CompletableFuture.failedStage(
          new HttpCallException(backend.name() + " has no ready endpoint"));
    }
    Call call = new Call(backend.name(), request, member);
    call.start(wheel);
    return call.result;
  }

  /**
   * Makes the head that goes to the backend.
   *
   * @param length of the body; 0 if there is none or it is not said
   */
  static void fill(RequestHead head, Request request, int length) {
    FilterRequest view = new FilterRequest(head);
    view.method(request.method());
    int query = request.target().indexOf('?');
    view.path(query < 0 ? request.target() : request.target().substring(0, query));
    view.query(query < 0 ? null : request.target().substring(query + 1));
    view.host(request.authority());
    for (Answer.Field field : request.fields()) {
      view.add(field.name(), field.value());
    }
    if (length > 0) {
      head.contentLength(length);
      head.add(
          FieldNames.CONTENT_LENGTH, Integer.toString(length).getBytes(StandardCharsets.US_ASCII));
    }
  }

  /** One call, from the wait for a connection to the end of the response. */
  private static final class Call extends OwnRequest {
    private final CompletableFuture<Response> result = new CompletableFuture<>();
    private final String backend;
    private final Request request;
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private final ClusterMember member;
    private final EndpointPool pool;
    private @Nullable DeadlineWheel wheel;
    private long startNanos;
    private boolean over;

    Call(String backend, Request request, ClusterMember member) {
      this.backend = backend;
      this.request = request;
      this.member = member;
      this.pool = member.pool();
    }

    void start(DeadlineWheel on) {
      wheel = on;
      fill(head, request, request.body().length);
      on.arm(this, Math.max(1, request.timeout().toMillis()));
      member.started();
      pool.acquire(this);
    }

    @Override
    public void onConnected(UpstreamStream connected) {
      stream = connected;
      startNanos = System.nanoTime();
      boolean hasBody = request.body().length > 0;
      connected.send(head, hasBody ? BodyReader.Kind.LENGTH : BodyReader.Kind.NONE);
      if (hasBody) {
        connected.write(Unpooled.wrappedBuffer(request.body()), true);
      }
      connected.flush();
    }

    @Override
    public void onConnectFailed(EndpointPool failed, String reason) {
      member.report(Outcome.CONNECTION_ERROR, 0);
      end(reason);
    }

    @Override
    public void onNoRoom(EndpointPool full, String reason) {
      end(reason);
    }

    @Override
    public void onResponseBody(ByteBuf part, boolean last) {
      try {
        part.readBytes(body, part.readableBytes());
      } catch (IOException e) {
        throw new UncheckedIOException(e); // from memory to memory
      } finally {
        part.release();
      }
      if (last) {
        stream = null;
        pool.released();
      }
      if (over) {
        return;
      }
      if (body.size() > request.maxBytes()) {
        end("response longer than " + request.maxBytes() + " bytes");
      } else if (last) {
        List<Answer.Field> fields = new ArrayList<>();
        new HeaderFields(response)
            .forEach((name, value) -> fields.add(new Answer.Field(HeaderName.of(name), value)));
        close();
        result.complete(new Response(response.status(), fields, body.toByteArray()));
      }
    }

    @Override
    public void onUpstreamWritability() {}

    @Override
    public void onUpstreamFailed(UpstreamFailure failure) {
      stream = null;
      pool.released();
      report(Outcome.CONNECTION_ERROR);
      end(
          switch (failure) {
            case STALE, LOST, UNPROCESSED -> "connection lost before a response";
            case BAD_RESPONSE -> "response is not valid HTTP";
            case NO_WEBSOCKET -> "no WebSocket"; // filters ask for none
            case TRUNCATED -> "response cut off";
            case INTERNAL -> "internal error";
          });
    }

    @Override
    protected void onDeadline() {
      end("no response within " + request.timeout().toMillis() + " ms");
    }

    private void end(String reason) {
      UpstreamStream cut = stream;
      stream = null;
      if (cut != null) {
        pool.released();
        cut.abandon();
      } else {
        pool.cancel(this);
      }
      close();
      result.completeExceptionally(
          new HttpCallException(request.method() + " " + backend + ": " + reason));
    }

    @Override
    void report(Outcome outcome) {
      member.report(outcome, (System.nanoTime() - startNanos) / 1_000_000);
    }

    private void close() {
      if (!over) {
        over = true;
        member.ended();
      }
      if (wheel != null) {
        wheel.remove(this);
      }
    }
  }
}
