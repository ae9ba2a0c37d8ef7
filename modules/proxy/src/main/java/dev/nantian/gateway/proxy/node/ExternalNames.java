package dev.nantian.gateway.proxy.node;

import dev.nantian.gateway.proxy.config.ConfigStore;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which DNS names of ExternalName services are being asked for, and which do not resolve. Owned by
 * {@link ConfigActor}, which does the asking.
 */
final class ExternalNames {
  private static final Logger LOG = LoggerFactory.getLogger(ExternalNames.class);

  private final ConfigStore store;
  private final Set<String> asking = new HashSet<>();
  private final Set<String> trouble = new HashSet<>();

  ExternalNames(ConfigStore store) {
    this.store = store;
  }

  /** The names to ask for now; each counts as being asked for until it is answered. */
  List<String> due() {
    List<String> names = new ArrayList<>();
    for (String host : store.externalNames()) {
      if (asking.add(host)) {
        names.add(host);
      }
    }
    return names;
  }

  void resolved(String host, List<InetAddress> addresses) {
    asking.remove(host);
    if (trouble.remove(host)) {
      LOG.info("name resolves again host={}", host);
    }
    store.resolved(host, addresses);
  }

  /** The addresses known so far stay: a name server that is away must not take backends away. */
  void failed(String host, Throwable error) {
    asking.remove(host);
    if (trouble.add(host)) {
      LOG.warn("name does not resolve host={} reason={}", host, error.toString());
    }
  }
}
