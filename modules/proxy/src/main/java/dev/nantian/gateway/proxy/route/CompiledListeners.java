package dev.nantian.gateway.proxy.route;

import dev.nantian.gateway.proxy.http.RequestHead;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The listeners of one socket by hostname, and the rules of each.
 *
 * <p>A request is served by the one listener whose hostname fits best, and only by routes attached
 * to it (listener isolation, Gateway.spec.listeners).
 */
public final class CompiledListeners implements ListenerTable {
  /**
   * A listener of this socket.
   *
   * @param hostname exact, {@code *.suffix}, or empty for every hostname; lower case
   * @param entry what the loops see
   * @param routes rules of the routes attached to it, if its mode is HTTP
   * @param relayed routes of layer 4, if it is not
   */
  public record Listener(
      String hostname, ListenerEntry entry, ListenerRoutes routes, L4Routes relayed) {
    /** A listener of requests. */
    public Listener(String hostname, ListenerEntry entry, ListenerRoutes routes) {
      this(hostname, entry, routes, L4Routes.NONE);
    }
  }

  private final boolean relays;
  private final List<Listener> listeners;
  private final ByteTable<ListenerEntry> exact;
  private final ByteTable<ListenerEntry> wildcard;
  private final @Nullable ListenerEntry any;
  private final Map<String, HostTable> routes = new HashMap<>();
  private final Map<String, L4Routes> relayed = new HashMap<>();

  /**
   * @param listeners no two with the same hostname: the first one would win
   */
  public CompiledListeners(List<Listener> listeners) {
    this.listeners = List.copyOf(listeners);
    this.relays =
        listeners.stream().anyMatch(listener -> listener.entry.mode() != ListenerEntry.Mode.HTTP);
    Map<String, ListenerEntry> exactNames = new LinkedHashMap<>();
    Map<String, ListenerEntry> suffixes = new LinkedHashMap<>();
    ListenerEntry every = null;
    for (Listener listener : listeners) {
      if (listener.hostname.isEmpty()) {
        every = every == null ? listener.entry : every;
      } else if (listener.hostname.startsWith("*.")) {
        suffixes.putIfAbsent(listener.hostname.substring(1), listener.entry);
      } else {
        exactNames.putIfAbsent(listener.hostname, listener.entry);
      }
      routes.put(listener.entry.id(), listener.routes.hosts());
      relayed.put(listener.entry.id(), listener.relayed);
    }
    this.exact = ByteTable.of(exactNames);
    this.wildcard = ByteTable.of(suffixes);
    this.any = every;
  }

  /** The listeners of this socket in the order given. */
  public List<Listener> listeners() {
    return listeners;
  }

  @Override
  public @Nullable ListenerEntry listener(byte[] host, int offset, int length) {
    ListenerEntry found = Hostnames.lookup(exact, wildcard, host, offset, length, null);
    return found == null ? any : found;
  }

  @Override
  public @Nullable L4Target relay(ListenerEntry listener, String serverName) {
    L4Routes targets = relayed.get(listener.id());
    return targets == null ? null : targets.target(serverName);
  }

  @Override
  public boolean relays() {
    return relays;
  }

  @Override
  public @Nullable RouteTarget match(ListenerEntry listener, RequestHead head) {
    return match(listener, head, null);
  }

  @Nullable RouteTarget match(
      ListenerEntry listener, RequestHead head, @Nullable MatchTrace trace) {
    HostTable hosts = routes.get(listener.id()); // a String caches its hash: no allocation, O(1)
    return hosts == null ? null : hosts.match(head, trace);
  }
}
