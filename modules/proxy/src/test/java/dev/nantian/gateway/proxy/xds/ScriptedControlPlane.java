package dev.nantian.gateway.proxy.xds;

import com.google.protobuf.Message;
import com.typesafe.config.ConfigFactory;
import dev.nantian.gateway.protocol.ResourceType;
import dev.nantian.gateway.proxy.config.ConfigStore;
import dev.nantian.gateway.proxy.config.Samples;
import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryService;
import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceHandlerFactory;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.BoundedSourceQueue;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;

/** A control plane over a real gRPC socket that says what a test tells it to. */
public final class ScriptedControlPlane implements AutoCloseable {
  private static final int PATIENCE_SECONDS = 60;

  /** One stream of one proxy. */
  public static final class Stream {
    private final BoundedSourceQueue<DeltaDiscoveryResponse> responses;
    private final BlockingQueue<DeltaDiscoveryRequest> requests = new LinkedBlockingQueue<>();
    private final AtomicInteger nonces = new AtomicInteger();

    private Stream(BoundedSourceQueue<DeltaDiscoveryResponse> responses) {
      this.responses = responses;
    }

    /** The next request of the proxy. */
    public DeltaDiscoveryRequest request() throws InterruptedException {
      DeltaDiscoveryRequest request = requests.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      if (request == null) {
        throw new AssertionError("no request within " + PATIENCE_SECONDS + " s");
      }
      return request;
    }

    /** The first requests of a stream, one for each type. */
    public Map<ResourceType, DeltaDiscoveryRequest> greetings() throws InterruptedException {
      Map<ResourceType, DeltaDiscoveryRequest> greetings = new EnumMap<>(ResourceType.class);
      for (ResourceType _ : ResourceType.values()) {
        DeltaDiscoveryRequest request = request();
        greetings.put(ResourceType.ofTypeUrl(request.getTypeUrl()).orElseThrow(), request);
      }
      return greetings;
    }

    /** Sends resources of one type; returns the nonce. */
    public String send(Message... messages) {
      List<Resource> resources = new ArrayList<>();
      for (Message message : messages) {
        ConfigStore.Received received = Samples.received(message);
        resources.add(
            Resource.newBuilder()
                .setName(received.name())
                .setVersion(received.version())
                .setResource(received.body())
                .build());
      }
      return send(
          DeltaDiscoveryResponse.newBuilder()
              .setTypeUrl(Samples.typeOf(messages[0]).typeUrl())
              .addAllResources(resources));
    }

    /** Removes resources; returns the nonce. With no name, a response that says nothing. */
    public String remove(ResourceType type, String... names) {
      return send(
          DeltaDiscoveryResponse.newBuilder()
              .setTypeUrl(type.typeUrl())
              .addAllRemovedResources(List.of(names)));
    }

    /** Sends a response; returns its nonce. */
    public String send(DeltaDiscoveryResponse.Builder response) {
      String nonce = "n" + nonces.incrementAndGet();
      responses.offer(response.setNonce(nonce).build());
      return nonce;
    }

    /** Sends resources of one type and returns the answer. */
    public DeltaDiscoveryRequest exchange(Message... messages) throws InterruptedException {
      return answer(send(messages));
    }

    /** The next request, which must answer this nonce. */
    public DeltaDiscoveryRequest answer(String nonce) throws InterruptedException {
      DeltaDiscoveryRequest request = request();
      if (!request.getResponseNonce().equals(nonce)) {
        throw new AssertionError("expected an answer to " + nonce + ", not " + request);
      }
      return request;
    }

    /** Ends the stream. */
    public void end() {
      responses.complete();
    }
  }

  private final ActorSystem<Void> system;
  private final ServerBinding binding;
  private final BlockingQueue<Stream> streams = new LinkedBlockingQueue<>();

  /**
   * @param port 0 for a free one
   */
  public ScriptedControlPlane(int port) {
    system =
        ActorSystem.create(
            Behaviors.empty(),
            "scripted",
            ConfigFactory.parseString(
                    """
                    pekko.http.server.preview.enable-http2 = on
                    pekko.http.server.enable-http2 = on
                    pekko.log-dead-letters = off
                    """)
                .withFallback(ConfigFactory.load()));
    Materializer materializer = Materializer.matFromSystem(system);
    AggregatedDiscoveryService service =
        new AggregatedDiscoveryService() {
          @Override
          public Source<DiscoveryResponse, NotUsed> streamAggregatedResources(
              Source<DiscoveryRequest, NotUsed> in) {
            return Source.failed(new UnsupportedOperationException("delta only"));
          }

          @Override
          public Source<DeltaDiscoveryResponse, NotUsed> deltaAggregatedResources(
              Source<DeltaDiscoveryRequest, NotUsed> in) {
            Pair<
                    BoundedSourceQueue<DeltaDiscoveryResponse>,
                    Source<DeltaDiscoveryResponse, NotUsed>>
                out = Source.<DeltaDiscoveryResponse>queue(256).preMaterialize(materializer);
            Stream stream = new Stream(out.first());
            var unused = in.runWith(Sink.foreach(stream.requests::add), materializer);
            streams.add(stream);
            return out.second();
          }
        };
    binding =
        Http.get(system)
            .newServerAt("127.0.0.1", port)
            .bind(AggregatedDiscoveryServiceHandlerFactory.create(service, system))
            .toCompletableFuture()
            .orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS)
            .join();
  }

  /** Where it listens. */
  public ControlPlaneAddress address() {
    return new ControlPlaneAddress("127.0.0.1", binding.localAddress().getPort());
  }

  /** The next stream that a proxy opens. */
  public Stream stream() throws InterruptedException {
    Stream stream = streams.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (stream == null) {
      throw new AssertionError("no stream within " + PATIENCE_SECONDS + " s");
    }
    return stream;
  }

  @Override
  public void close() {
    binding
        .terminate(Duration.ofMillis(100))
        .toCompletableFuture()
        .orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS)
        .join();
    system.terminate();
    system
        .getWhenTerminated()
        .toCompletableFuture()
        .orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS)
        .join();
  }
}
