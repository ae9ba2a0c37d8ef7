package dev.nantian.gateway.control.kubernetes;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.nantian.gateway.control.ControlPlaneBacking;
import dev.nantian.gateway.control.address.AddressActor;
import dev.nantian.gateway.control.address.AddressBook;
import dev.nantian.gateway.control.kubernetes.api.ApiClient;
import dev.nantian.gateway.control.kubernetes.api.ObjectObserver;
import dev.nantian.gateway.control.kubernetes.event.EventWriter;
import dev.nantian.gateway.control.kubernetes.infrastructure.HostSettings;
import dev.nantian.gateway.control.kubernetes.infrastructure.HostWatch;
import dev.nantian.gateway.control.kubernetes.infrastructure.Infrastructure;
import dev.nantian.gateway.control.kubernetes.leader.LeaderElection;
import dev.nantian.gateway.control.kubernetes.status.StatusWriter;
import dev.nantian.gateway.control.source.Diagnostic;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.control.source.ResourceSource;
import dev.nantian.gateway.control.source.kubernetes.KubernetesSource;
import dev.nantian.gateway.control.status.ObjectStatus;
import dev.nantian.gateway.control.status.StatusSink;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.jspecify.annotations.Nullable;

/** A control plane on an API server: reads from it, and writes back while it leads. */
public final class KubernetesBacking implements ControlPlaneBacking {
  private static final AtomicInteger COUNT = new AtomicInteger();

  private final KubernetesSource source;
  private final AddressBook addresses;
  private final @Nullable Infrastructure infrastructure;
  private final @Nullable HostWatch hosts;
  private final ActorRef<StatusWriter.Message> statuses;
  private final LeaderElection election;
  private volatile Consumer<Optional<InetSocketAddress>> follow = leader -> {};

  /**
   * Starts the writers; nothing is asked of the server before {@link #connect}.
   *
   * @param api closed by the caller, after this
   * @param otherwise decides on addresses if no Services are made
   * @param meters gets the counts of writes
   */
  public KubernetesBacking(
      ActorSystem<?> system,
      ApiClient api,
      KubernetesSettings settings,
      AddressBook otherwise,
      MeterRegistry meters) {
    int number = COUNT.incrementAndGet();
    StatusWriter.Counts counts = new StatusWriter.Counts();
    this.election =
        new LeaderElection(
            api,
            settings.lease(),
            settings.identity(),
            settings.leaseDuration(),
            settings.peerAddress(),
            this::lead,
            leader -> follow.accept(leader));
    this.statuses =
        system.systemActorOf(
            StatusWriter.create(
                api,
                settings.controllerName(),
                election::leads,
                counts,
                new EventWriter(
                    api, settings.controllerName(), settings.identity(), Clock.systemUTC())),
            "status-writer-" + number,
            Props.empty());
    this.infrastructure =
        settings
            .infrastructure()
            .map(
                wanted ->
                    new Infrastructure(
                        system, "infrastructure-" + number, api, wanted, election::leads))
            .orElse(null);
    this.addresses = infrastructure == null ? otherwise : infrastructure.book();
    List<ObjectObserver> observers = new ArrayList<>();
    observers.add(new StatusObserver());
    Optional.ofNullable(infrastructure).ifPresent(observers::add);
    this.hosts =
        settings.hosts().map(wanted -> new HostWatch(api.namespace(), wanted)).orElse(null);
    Optional.ofNullable(hosts).ifPresent(observers::add);
    this.source =
        new KubernetesSource(
            api,
            observers,
            settings
                .hosts()
                .filter(HostSettings::readsNodes)
                .flatMap(wanted -> Optional.ofNullable(hosts)));
    Gauge.builder("nantian.control.leader", election, held -> held.leads() ? 1 : 0)
        .description("1 while this replica writes to the API server")
        .register(meters);
    FunctionCounter.builder("nantian.control.status.writes", counts, StatusWriter.Counts::writes)
        .description("Statuses written to the API server")
        .register(meters);
    FunctionCounter.builder(
            "nantian.control.status.conflicts", counts, StatusWriter.Counts::conflicts)
        .description("Status writes refused because the object had changed")
        .register(meters);
    FunctionCounter.builder(
            "nantian.control.status.failures", counts, StatusWriter.Counts::failures)
        .description("Status writes that failed otherwise")
        .register(meters);
  }

  private void lead(boolean leads) {
    if (leads) {
      follow.accept(Optional.empty());
    }
    statuses.tell(new StatusWriter.Leading(leads));
    if (infrastructure != null) {
      infrastructure.leading(leads);
    }
  }

  @Override
  public ResourceSource source() {
    return source;
  }

  @Override
  public AddressBook addressBook() {
    return addresses;
  }

  @Override
  public StatusSink statusSink() {
    return new StatusSink() {
      @Override
      public void put(ObjectStatus status) {
        statuses.tell(new StatusWriter.Wanted(status));
      }

      @Override
      public void refused(ResourceKey key, List<Diagnostic> problems) {
        if (StatusWriter.writes(key.kind())) {
          statuses.tell(new StatusWriter.Refused(key, problems));
        }
      }
    };
  }

  @Override
  public void connect(
      Consumer<AddressActor.Message> to, Consumer<Optional<InetSocketAddress>> leader) {
    follow = leader;
    if (infrastructure != null) {
      infrastructure.tell(to);
    }
    if (hosts != null) {
      hosts.tell(to);
    }
  }

  // Who does not know all Services yet could give Gateways other ports than they have.
  @Override
  public void settled() {
    election.start();
  }

  @Override
  public CompletionStage<Void> close() {
    follow.accept(Optional.empty());
    return election.release().thenRun(election::close);
  }

  /** Tells the status writer what the server holds. */
  private final class StatusObserver implements ObjectObserver {
    @Override
    public void present(ResourceKey key, ObjectNode object) {
      if (StatusWriter.writes(key.kind())) {
        statuses.tell(new StatusWriter.Held(key, object));
      }
    }

    @Override
    public void absent(ResourceKey key) {
      if (StatusWriter.writes(key.kind())) {
        statuses.tell(new StatusWriter.Forgotten(key));
      }
    }
  }
}
