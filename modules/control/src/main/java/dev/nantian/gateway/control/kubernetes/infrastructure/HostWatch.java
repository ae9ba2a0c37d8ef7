package dev.nantian.gateway.control.kubernetes.infrastructure;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.nantian.gateway.control.address.AddressActor;
import dev.nantian.gateway.control.kubernetes.api.NodeObserver;
import dev.nantian.gateway.control.kubernetes.api.ObjectObserver;
import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import java.util.List;
import java.util.function.Consumer;

/** Tells the addresses of the proxies' hosts on, whenever they have changed. */
public final class HostWatch implements ObjectObserver, NodeObserver {
  private final String namespace;
  private final String proxyService;
  private final ProxyHosts hosts;
  private Consumer<AddressActor.Message> addresses = message -> {};
  private List<String> told = List.of();

  /**
   * @param namespace of the control plane and the proxies' Service
   */
  public HostWatch(String namespace, HostSettings settings) {
    this.namespace = namespace;
    this.proxyService = settings.proxyService();
    this.hosts = new ProxyHosts(settings);
  }

  /** Who hears of the addresses. Call before the source is started. */
  public void tell(Consumer<AddressActor.Message> to) {
    addresses = to;
  }

  @Override
  public void present(ResourceKey key, ObjectNode object) {
    if (isSlice(key)) {
      if (Manifests.serviceOf(object).equals(proxyService)) {
        hosts.slice(key.name(), object);
      } else {
        hosts.sliceGone(key.name());
      }
      tellChange();
    }
  }

  @Override
  public void absent(ResourceKey key) {
    if (isSlice(key)) {
      hosts.sliceGone(key.name());
      tellChange();
    }
  }

  private boolean isSlice(ResourceKey key) {
    return key.kind() == Kind.ENDPOINT_SLICE && key.namespace().equals(namespace);
  }

  @Override
  public void nodePresent(String name, ObjectNode node) {
    hosts.node(name, node);
    tellChange();
  }

  @Override
  public void nodeAbsent(String name) {
    hosts.nodeGone(name);
    tellChange();
  }

  private void tellChange() {
    List<String> now = hosts.addresses();
    if (!now.equals(told)) {
      told = now;
      addresses.accept(new AddressActor.Hosts(now));
    }
  }
}
