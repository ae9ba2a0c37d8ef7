package dev.nantian.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.config.Endpoint;
import io.grpc.CallOptions;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** grpc-java on both sides of the proxy, HTTP/2 without TLS all the way. */
@Timeout(180)
class GrpcIT {
  private static final class Text implements MethodDescriptor.Marshaller<String> {
    @Override
    public InputStream stream(String value) {
      return new ByteArrayInputStream(value.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String parse(InputStream stream) {
      try {
        return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static final MethodDescriptor<String, String> UNARY =
      method("Unary", MethodDescriptor.MethodType.UNARY);
  private static final MethodDescriptor<String, String> STREAM =
      method("Stream", MethodDescriptor.MethodType.SERVER_STREAMING);
  private static final MethodDescriptor<String, String> COLLECT =
      method("Collect", MethodDescriptor.MethodType.CLIENT_STREAMING);
  private static final MethodDescriptor<String, String> TALK =
      method("Talk", MethodDescriptor.MethodType.BIDI_STREAMING);

  private final CountDownLatch cancelled = new CountDownLatch(1);
  private Server server;
  private TestProxy proxy;
  private ManagedChannel channel;

  private static MethodDescriptor<String, String> method(
      String name, MethodDescriptor.MethodType type) {
    return MethodDescriptor.<String, String>newBuilder()
        .setType(type)
        .setFullMethodName("test.Text/" + name)
        .setRequestMarshaller(new Text())
        .setResponseMarshaller(new Text())
        .build();
  }

  @BeforeEach
  void start() throws IOException {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(service())
            .build()
            .start();
    Cluster cluster = new Cluster("test/grpc:80", Cluster.Protocol.HTTP2);
    cluster.endpoints(
        List.of(
            new Endpoint(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getPort()))));
    proxy = TestProxy.start(route(cluster));
    channel = NettyChannelBuilder.forAddress("127.0.0.1", proxy.port()).usePlaintext().build();
  }

  /** What stands between the two. */
  TestTable route(Cluster cluster) {
    return new TestTable().route("/", cluster);
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    proxy.close();
    server.shutdownNow();
  }

  private ServerServiceDefinition service() {
    return ServerServiceDefinition.builder("test.Text")
        .addMethod(
            UNARY,
            ServerCalls.asyncUnaryCall(
                (request, responses) -> {
                  if (request.startsWith("fail")) {
                    Metadata why = new Metadata();
                    why.put(Metadata.Key.of("why", Metadata.ASCII_STRING_MARSHALLER), "because");
                    responses.onError(
                        Status.NOT_FOUND.withDescription("no such text").asException(why));
                  } else if (request.startsWith("wait")) {
                    Context.current().addListener(of -> cancelled.countDown(), Runnable::run);
                  } else {
                    responses.onNext("got " + request);
                    responses.onCompleted();
                  }
                }))
        .addMethod(
            STREAM,
            ServerCalls.asyncServerStreamingCall(
                (request, responses) -> {
                  for (int i = 0; i < Integer.parseInt(request); i++) {
                    responses.onNext("part " + i);
                  }
                  responses.onCompleted();
                }))
        .addMethod(COLLECT, ServerCalls.asyncClientStreamingCall(Counting::new))
        .addMethod(TALK, ServerCalls.asyncBidiStreamingCall(Answering::new))
        .build();
  }

  private static final class Counting implements StreamObserver<String> {
    private final StreamObserver<String> responses;
    private long characters;

    Counting(StreamObserver<String> responses) {
      this.responses = responses;
    }

    @Override
    public void onNext(String value) {
      characters += value.length();
    }

    @Override
    public void onError(Throwable cause) {
      responses.onError(cause);
    }

    @Override
    public void onCompleted() {
      responses.onNext(Long.toString(characters));
      responses.onCompleted();
    }
  }

  private static final class Answering implements StreamObserver<String> {
    private final StreamObserver<String> responses;

    Answering(StreamObserver<String> responses) {
      this.responses = responses;
    }

    @Override
    public void onNext(String value) {
      responses.onNext("re: " + value);
    }

    @Override
    public void onError(Throwable cause) {
      responses.onError(cause);
    }

    @Override
    public void onCompleted() {
      responses.onCompleted();
    }
  }

  private String unary(String request) {
    return ClientCalls.blockingUnaryCall(channel, UNARY, CallOptions.DEFAULT, request);
  }

  @Test
  void unaryCalls() {
    String large = "x".repeat(1 << 20);

    assertThat(unary("one")).isEqualTo("got one");
    assertThat(unary(large)).isEqualTo("got " + large);
  }

  @Test
  void errorsComeWithTheirDetails() {
    assertThatThrownBy(() -> unary("fail"))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
              assertThat(e.getStatus().getDescription()).isEqualTo("no such text");
              Metadata trailers = Status.trailersFromThrowable(e);
              assertThat(String.valueOf(trailers)).contains("why=because");
            });
  }

  @Test
  void anUnknownMethodIsUnimplemented() {
    assertThatThrownBy(
            () ->
                ClientCalls.blockingUnaryCall(
                    channel,
                    method("Unknown", MethodDescriptor.MethodType.UNARY),
                    CallOptions.DEFAULT,
                    "x"))
        .hasMessageStartingWith("UNIMPLEMENTED");
  }

  @Test
  void aDeadlineCancelsTheCallAtTheBackend() throws Exception {
    CallOptions hasty = CallOptions.DEFAULT.withDeadlineAfter(3, TimeUnit.SECONDS);

    assertThatThrownBy(() -> ClientCalls.blockingUnaryCall(channel, UNARY, hasty, "wait"))
        .hasMessageStartingWith("DEADLINE_EXCEEDED");

    assertThat(cancelled.await(60, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void serverStreaming() {
    Iterator<String> parts =
        ClientCalls.blockingServerStreamingCall(channel, STREAM, CallOptions.DEFAULT, "20000");

    int count = 0;
    while (parts.hasNext()) {
      assertThat(parts.next()).isEqualTo("part " + count);
      count++;
    }
    assertThat(count).isEqualTo(20_000);
  }

  @Test
  void clientStreaming() throws Exception {
    BlockingQueue<String> answers = new LinkedBlockingQueue<>();
    StreamObserver<String> requests =
        ClientCalls.asyncClientStreamingCall(
            channel.newCall(COLLECT, CallOptions.DEFAULT), into(answers));
    for (int i = 0; i < 500; i++) {
      requests.onNext("x".repeat(10_000));
    }
    requests.onCompleted();

    assertThat(answers.poll(60, TimeUnit.SECONDS)).isEqualTo("5000000");
  }

  @Test
  void bothTalkInTurns() throws Exception {
    BlockingQueue<String> answers = new LinkedBlockingQueue<>();
    StreamObserver<String> requests =
        ClientCalls.asyncBidiStreamingCall(
            channel.newCall(TALK, CallOptions.DEFAULT), into(answers));
    for (int i = 0; i < 100; i++) {
      requests.onNext("message " + i);

      assertThat(answers.poll(60, TimeUnit.SECONDS)).isEqualTo("re: message " + i);
    }
    requests.onCompleted();
    assertThat(answers.poll(60, TimeUnit.SECONDS)).isEqualTo("completed");
  }

  @Test
  void manyCallsAtOnce() throws Exception {
    List<CompletableFuture<String>> calls = new ArrayList<>();
    for (int i = 0; i < 300; i++) { // three times what the connection allows at once
      BlockingQueue<String> answers = new LinkedBlockingQueue<>();
      ClientCalls.asyncUnaryCall(
          channel.newCall(UNARY, CallOptions.DEFAULT), "call " + i, into(answers));
      calls.add(CompletableFuture.supplyAsync(() -> take(answers), Thread::startVirtualThread));
    }

    for (int i = 0; i < calls.size(); i++) {
      assertThat(calls.get(i).get()).isEqualTo("got call " + i);
    }
  }

  private static String take(BlockingQueue<String> answers) {
    try {
      String answer = answers.poll(60, TimeUnit.SECONDS);
      return answer == null ? "nothing" : answer;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static StreamObserver<String> into(BlockingQueue<String> answers) {
    return new StreamObserver<>() {
      @Override
      public void onNext(String value) {
        answers.add(value);
      }

      @Override
      public void onError(Throwable cause) {
        answers.add("failed: " + cause);
      }

      @Override
      public void onCompleted() {
        answers.add("completed");
      }
    };
  }
}
