package dev.nantian.gateway.control.xds;

import dev.nantian.gateway.control.mailbox.Mailbox;
import dev.nantian.gateway.protocol.control.v1.PeersHandlerFactory;
import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryService;
import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceHandlerFactory;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.grpc.Status;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.grpc.javadsl.ServiceHandler;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.apache.pekko.http.javadsl.settings.ServerSettings;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.BoundedSourceQueue;
import org.apache.pekko.stream.javadsl.Source;

/**
 * The gRPC face of the control plane: cleartext HTTP/2 with prior knowledge. Bind it to loopback,
 * or to a network where only proxies are: what it sends holds private keys.
 */
public final class AdsServer implements AggregatedDiscoveryService {
  // A node that has vanished without closing its connection is noticed within two pings.
  private static final Duration PING = Duration.ofSeconds(5);

  private final ActorSystem<?> system;
  private final Mailbox<AdsActor.Message> ads;

  private AdsServer(ActorSystem<?> system, Mailbox<AdsActor.Message> ads) {
    this.system = system;
    this.ads = ads;
  }

  /**
   * Binds the server, and beside it the one for reports of other replicas.
   *
   * @param address port 0 takes a free one; the binding tells which
   * @return fails if the address cannot be bound
   */
  @SuppressWarnings("unchecked") // an array of generics, made for the varargs of ServiceHandler
  public static CompletionStage<ServerBinding> bind(
      ActorSystem<?> system,
      InetSocketAddress address,
      Mailbox<AdsActor.Message> ads,
      Mailbox<NodesActor.Message> nodes) {
    ServerSettings defaults = ServerSettings.create(Adapter.toClassic(system));
    ServerSettings settings =
        defaults
            .withEnableHttp2(true)
            .withHttp2Settings(
                defaults.getHttp2Settings().withPingInterval(PING).withPingTimeout(PING));
    return Http.get(system)
        .newServerAt(address.getHostString(), address.getPort())
        .withSettings(settings)
        .bind(
            ServiceHandler.concatOrNotFound(
                AggregatedDiscoveryServiceHandlerFactory.create(new AdsServer(system, ads), system),
                PeersHandlerFactory.create(new PeersServer(system, nodes), system)));
  }

  @Override
  public Source<DeltaDiscoveryResponse, NotUsed> deltaAggregatedResources(
      Source<DeltaDiscoveryRequest, NotUsed> requests) {
    Pair<BoundedSourceQueue<DeltaDiscoveryResponse>, Source<DeltaDiscoveryResponse, NotUsed>> out =
        Source.<DeltaDiscoveryResponse>queue(StreamActor.QUEUE).preMaterialize(system);
    ads.tell(new AdsActor.Open(requests, out.first()));
    return out.second();
  }

  @Override
  public Source<DiscoveryResponse, NotUsed> streamAggregatedResources(
      Source<DiscoveryRequest, NotUsed> requests) {
    return Source.failed(
        Status.UNIMPLEMENTED
            .withDescription("state-of-the-world ADS is not served; use DeltaAggregatedResources")
            .asRuntimeException());
  }
}
