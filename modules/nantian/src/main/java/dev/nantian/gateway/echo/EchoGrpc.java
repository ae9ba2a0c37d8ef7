package dev.nantian.gateway.echo;

import dev.nantian.gateway.echo.v1.EchoPowerApi;
import dev.nantian.gateway.echo.v1.EchoReply;
import dev.nantian.gateway.echo.v1.EchoRequest;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.grpc.GrpcServiceException;
import org.apache.pekko.grpc.javadsl.Metadata;
import org.apache.pekko.grpc.javadsl.MetadataEntry;
import org.apache.pekko.grpc.javadsl.StringEntry;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;

/** The gRPC service {@code nantian.echo.v1.Echo}; stateless, called from any thread. */
final class EchoGrpc implements EchoPowerApi {
  private static final int MAX_REPLIES = 10_000;

  private final String name;
  private final ActorSystem<?> system;

  EchoGrpc(String name, ActorSystem<?> system) {
    this.name = name;
    this.system = system;
  }

  @Override
  public CompletionStage<EchoReply> unary(EchoRequest in, Metadata metadata) {
    if (in.getFailWith() != 0) {
      return CompletableFuture.failedFuture(failure(in));
    }
    return CompletableFuture.completedFuture(reply(in.getText(), 1, metadata));
  }

  @Override
  public Source<EchoReply, NotUsed> serverStream(EchoRequest in, Metadata metadata) {
    if (in.getFailWith() != 0) {
      return Source.failed(failure(in));
    }
    int count = Math.clamp(Integer.toUnsignedLong(in.getCount()), 1, MAX_REPLIES);
    return Source.range(1, count).map(i -> reply(in.getText(), i, metadata));
  }

  @Override
  public CompletionStage<EchoReply> clientStream(
      Source<EchoRequest, NotUsed> in, Metadata metadata) {
    return in.map(EchoGrpc::checked)
        .take(MAX_REPLIES)
        .map(EchoRequest::getText)
        .runWith(Sink.seq(), system)
        .thenApply(texts -> reply(String.join(" ", texts), texts.size(), metadata));
  }

  @Override
  public Source<EchoReply, NotUsed> bidiStream(Source<EchoRequest, NotUsed> in, Metadata metadata) {
    return in.map(EchoGrpc::checked)
        .zipWithIndex()
        .map((Pair<EchoRequest, Long> p) -> reply(p.first().getText(), p.second() + 1, metadata));
  }

  private EchoReply reply(String text, long sequence, Metadata metadata) {
    return EchoReply.newBuilder()
        .setText(text)
        .setBackend(name)
        .setSequence(sequence)
        .putAllMetadata(texts(metadata))
        .build();
  }

  private static EchoRequest checked(EchoRequest request) {
    if (request.getFailWith() != 0) {
      throw failure(request);
    }
    return request;
  }

  private static GrpcServiceException failure(EchoRequest request) {
    return new GrpcServiceException(
        Status.fromCodeValue(request.getFailWith())
            .withDescription("asked for by fail_with: " + request.getText()));
  }

  private static Map<String, String> texts(Metadata metadata) {
    var values = new LinkedHashMap<String, List<String>>();
    for (Pair<String, MetadataEntry> entry : metadata.asList()) {
      String value =
          entry.second() instanceof StringEntry text ? text.getValue() : entry.second().toString();
      values
          .computeIfAbsent(entry.first().toLowerCase(Locale.ROOT), k -> new ArrayList<>())
          .add(value);
    }
    var joined = new LinkedHashMap<String, String>();
    values.forEach((key, list) -> joined.put(key, String.join(", ", list)));
    return joined;
  }
}
