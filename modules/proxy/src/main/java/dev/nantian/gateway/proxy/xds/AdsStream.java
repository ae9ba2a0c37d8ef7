package dev.nantian.gateway.proxy.xds;

import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceClient;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.grpc.GrpcClientSettings;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.BoundedSourceQueue;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.jspecify.annotations.Nullable;

/**
 * One stream on a connection of its own, so that its end is the end of everything and the wait
 * before the next try is ours, not the channel's.
 *
 * <p>Callbacks come on threads of gRPC. Used by {@link AdsClient} only.
 */
final class AdsStream {
  /** One request for each type, one answer for each response under way, and a few more. */
  private static final int MAX_QUEUED_REQUESTS = 256;

  private static final int MAX_RESPONSE_BYTES = 256 << 20;
  private static final long KEEPALIVE_SECONDS = 20;
  private static final long KEEPALIVE_TIMEOUT_SECONDS = 10;

  private final AggregatedDiscoveryServiceClient client;
  private final BoundedSourceQueue<DeltaDiscoveryRequest> requests;
  private final BiConsumer<AdsStream, @Nullable Throwable> onEnd;

  private AdsStream(
      AggregatedDiscoveryServiceClient client,
      BoundedSourceQueue<DeltaDiscoveryRequest> requests,
      BiConsumer<AdsStream, @Nullable Throwable> onEnd) {
    this.client = client;
    this.requests = requests;
    this.onEnd = onEnd;
  }

  static AdsStream open(
      ActorSystem<?> system,
      ControlPlaneAddress address,
      BiConsumer<AdsStream, DeltaDiscoveryResponse> onResponse,
      BiConsumer<AdsStream, @Nullable Throwable> onEnd) {
    ClassicActorSystemProvider provider = system;
    AggregatedDiscoveryServiceClient client =
        AggregatedDiscoveryServiceClient.create(
            GrpcClientSettings.connectToServiceAt(address.host(), address.port(), provider)
                .withTls(false)
                .withChannelBuilderOverrides(
                    builder ->
                        builder
                            .keepAliveTime(KEEPALIVE_SECONDS, TimeUnit.SECONDS)
                            .keepAliveTimeout(KEEPALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS)
                            .maxInboundMessageSize(MAX_RESPONSE_BYTES)),
            provider);
    Materializer materializer = Materializer.matFromSystem(provider);
    Pair<BoundedSourceQueue<DeltaDiscoveryRequest>, Source<DeltaDiscoveryRequest, NotUsed>> source =
        Source.<DeltaDiscoveryRequest>queue(MAX_QUEUED_REQUESTS).preMaterialize(materializer);
    AdsStream stream = new AdsStream(client, source.first(), onEnd);
    var unused =
        client
            .deltaAggregatedResources(source.second())
            .runWith(Sink.foreach(response -> onResponse.accept(stream, response)), materializer)
            .whenComplete((Done _, Throwable error) -> onEnd.accept(stream, error));
    return stream;
  }

  void send(DeltaDiscoveryRequest request) {
    if (!requests.offer(request).isEnqueued()) {
      onEnd.accept(this, new IllegalStateException("requests are not taken"));
    }
  }

  void close() {
    try {
      requests.complete();
    } catch (IllegalStateException _) {
      // the stream ended by itself, and with it its queue
    }
    var unused = client.close();
  }
}
