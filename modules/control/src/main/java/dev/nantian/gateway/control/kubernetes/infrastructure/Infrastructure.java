package dev.nantian.gateway.control.kubernetes.infrastructure;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.nantian.gateway.control.address.AddressActor;
import dev.nantian.gateway.control.address.AddressBook;
import dev.nantian.gateway.control.kubernetes.api.ApiClient;
import dev.nantian.gateway.control.kubernetes.api.ObjectObserver;
import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;

/**
 * The infrastructure of all Gateways of one control plane: joins the book, the writer and what the
 * API server tells.
 */
public final class Infrastructure implements ObjectObserver {
  private final ActorRef<InfrastructureWriter.Message> writer;
  private final ServiceBook book;
  private final String namespace;
  private final String proxyService;
  private final Map<ResourceKey, String> made = new HashMap<>();
  private Consumer<AddressActor.Message> addresses = message -> {};

  /**
   * Starts the writer.
   *
   * @param name of its actor
   * @param maySend whether this process leads for certain; any thread
   */
  public Infrastructure(
      ActorSystem<?> system,
      String name,
      ApiClient api,
      InfrastructureSettings settings,
      BooleanSupplier maySend) {
    this.writer =
        system.systemActorOf(
            InfrastructureWriter.create(api, settings, maySend), name, Props.empty());
    this.namespace = api.namespace();
    this.proxyService = settings.proxyService();
    this.book =
        new ServiceBook(
            settings.firstTarget(),
            settings.lastTarget(),
            service -> writer.tell(new InfrastructureWriter.Wanted(service)),
            gateway -> writer.tell(new InfrastructureWriter.Unwanted(gateway)));
  }

  /** Decides on addresses; its owner is the control plane. */
  public AddressBook book() {
    return book;
  }

  /** Who hears of Services that are found. Call before the source is started. */
  public void tell(Consumer<AddressActor.Message> to) {
    addresses = to;
  }

  /** This process has begun or ceased to lead. */
  public void leading(boolean leads) {
    writer.tell(new InfrastructureWriter.Leading(leads));
  }

  @Override
  public void present(ResourceKey key, ObjectNode object) {
    if (key.kind() == Kind.ENDPOINT_SLICE
        && key.namespace().equals(namespace)
        && Manifests.serviceOf(object).equals(proxyService)) {
      writer.tell(new InfrastructureWriter.ProxiesSeen(key.name(), object));
      return;
    }
    if (key.kind() != Kind.SERVICE && key.kind() != Kind.ENDPOINT_SLICE) {
      return;
    }
    String gateway = Manifests.gatewayOf(object).orElse("");
    if (gateway.isEmpty()) {
      absent(key);
      return;
    }
    made.put(key, gateway);
    if (key.kind() == Kind.SERVICE) {
      writer.tell(new InfrastructureWriter.ServiceSeen(gateway, object));
      addresses.accept(new AddressActor.Found(Manifests.frontage(gateway, object)));
    } else {
      writer.tell(new InfrastructureWriter.SliceSeen(gateway, object));
    }
  }

  @Override
  public void absent(ResourceKey key) {
    if (key.kind() == Kind.ENDPOINT_SLICE && key.namespace().equals(namespace)) {
      writer.tell(new InfrastructureWriter.ProxiesGone(key.name()));
    }
    String gateway = made.remove(key);
    if (gateway == null) {
      return;
    }
    if (key.kind() == Kind.SERVICE) {
      writer.tell(new InfrastructureWriter.ServiceGone(gateway, key.name()));
      if (made.entrySet().stream()
          .noneMatch(
              other -> other.getKey().kind() == Kind.SERVICE && other.getValue().equals(gateway))) {
        addresses.accept(new AddressActor.Lost(gateway));
      }
    } else {
      writer.tell(new InfrastructureWriter.SliceGone(gateway, key.name()));
    }
  }
}
