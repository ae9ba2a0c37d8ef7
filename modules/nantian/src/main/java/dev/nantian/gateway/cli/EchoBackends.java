package dev.nantian.gateway.cli;

import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.Place;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.control.source.ResourceSource;
import dev.nantian.gateway.control.source.SourceEvent;
import dev.nantian.gateway.control.source.SourcedObject;
import dev.nantian.gateway.echo.EchoOptions;
import dev.nantian.gateway.echo.EchoServer;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the echo backends that EndpointSlices ask for by the annotation {@code
 * gateway.nantian.dev/echo: NAME}: one at each of their addresses and ports, as long as the slice
 * asks for it. Only in standalone, and only on loopback addresses: a file must not make the process
 * listen on a network.
 *
 * <p>Safe for all threads; nothing blocks.
 */
final class EchoBackends {
  static final String ANNOTATION = "gateway.nantian.dev/echo";
  private static final Logger log = LoggerFactory.getLogger(EchoBackends.class);
  private static final Duration GRACE = Duration.ofMillis(200);

  private final ActorSystem<?> system;
  private final Map<ResourceKey, Map<HostPort, String>> wanted = new TreeMap<>();
  private final Map<HostPort, String> names = new LinkedHashMap<>();
  // The last step at each address; the next one begins when it is over.
  private final Map<HostPort, CompletionStage<Optional<EchoServer>>> steps = new LinkedHashMap<>();

  EchoBackends(ActorSystem<?> system) {
    this.system = system;
  }

  /** The source with these backends listening in. */
  ResourceSource following(ResourceSource source) {
    return new ResourceSource() {
      @Override
      public void start(Consumer<SourceEvent> sink) {
        source.start(
            event -> {
              see(event);
              sink.accept(event);
            });
      }

      @Override
      public void close() {
        source.close();
      }
    };
  }

  /** What runs, by address. */
  synchronized Map<HostPort, String> running() {
    return new LinkedHashMap<>(names);
  }

  /** Completes when every start and stop asked for so far is over. */
  synchronized CompletionStage<Void> settled() {
    return all(steps.values());
  }

  /** Ends all of them. */
  synchronized CompletionStage<Void> stop() {
    wanted.clear();
    follow();
    return settled();
  }

  private synchronized void see(SourceEvent event) {
    switch (event) {
      case SourceEvent.Applied(SourcedObject object)
          when object.object() instanceof EndpointSlice slice -> {
        Map<HostPort, String> asked = asked(object, slice);
        boolean changed =
            asked.isEmpty()
                ? wanted.remove(object.key()) != null
                : !asked.equals(wanted.put(object.key(), asked));
        if (changed) {
          follow();
        }
      }
      case SourceEvent.Deleted(ResourceKey key) when key.kind() == Kind.ENDPOINT_SLICE -> {
        if (wanted.remove(key) != null) {
          follow();
        }
      }
      default -> {
        // nothing about backends
      }
    }
  }

  private static Map<HostPort, String> asked(SourcedObject object, EndpointSlice slice) {
    Map<String, String> annotations = slice.getMetadata().getAnnotations();
    String name = annotations == null ? null : annotations.get(ANNOTATION);
    if (name == null) {
      return Map.of();
    }
    if (name.isBlank()) {
      refuse(
          object,
          "metadata.annotations['" + ANNOTATION + "']",
          "empty (expected a name for the backend)");
      return Map.of();
    }
    var asked = new LinkedHashMap<HostPort, String>();
    List<Endpoint> endpoints = slice.getEndpoints();
    for (int i = 0; i < endpoints.size(); i++) {
      List<String> addresses = endpoints.get(i).getAddresses();
      for (int j = 0; j < addresses.size(); j++) {
        String address = addresses.get(j);
        if (!loopback(address)) {
          refuse(
              object,
              "endpoints[" + i + "].addresses[" + j + "]",
              address
                  + " (expected a loopback address: the annotation "
                  + ANNOTATION
                  + " starts a backend there)");
          continue;
        }
        for (EndpointPort port : slice.getPorts()) {
          if (port.getPort() != null) {
            asked.put(new HostPort(address, port.getPort()), name);
          }
        }
      }
    }
    return asked;
  }

  private static boolean loopback(String address) {
    try {
      return InetAddress.ofLiteral(address).isLoopbackAddress();
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static void refuse(SourcedObject object, String field, String message) {
    String at = object.origin().at(field).map(Place::toString).orElse("-");
    log.warn(
        "event=echo_refused at={} object=\"{}\" field={} message=\"{}\"",
        at,
        object.key(),
        field,
        message);
  }

  /** Starts and stops what the difference between wanted and running asks for. */
  private void follow() {
    var target = new LinkedHashMap<HostPort, String>();
    wanted.values().forEach(slice -> slice.forEach(target::putIfAbsent));
    for (HostPort address : new ArrayList<>(names.keySet())) {
      if (!target.containsKey(address)) {
        names.remove(address);
        next(address, running -> stopped(address, running));
      }
    }
    target.forEach(
        (address, name) -> {
          String present = names.put(address, name);
          if (!Objects.equals(present, name)) {
            next(
                address,
                running ->
                    stopped(address, running).thenCompose(nothing -> started(address, name)));
          }
        });
  }

  private void next(
      HostPort address,
      Function<Optional<EchoServer>, CompletionStage<Optional<EchoServer>>> step) {
    CompletionStage<Optional<EchoServer>> last =
        steps.getOrDefault(address, CompletableFuture.completedFuture(Optional.empty()));
    steps.put(address, last.thenCompose(step));
  }

  private static CompletionStage<Optional<EchoServer>> stopped(
      HostPort address, Optional<EchoServer> running) {
    if (running.isEmpty()) {
      return CompletableFuture.completedFuture(Optional.empty());
    }
    return running
        .get()
        .stop(GRACE)
        .handle(
            (done, failure) -> {
              log.info("event=echo_stopped name={} address={}", running.get().name(), address);
              return Optional.empty();
            });
  }

  private CompletionStage<Optional<EchoServer>> started(HostPort address, String name) {
    return EchoServer.start(system, EchoOptions.of(name, address.host(), address.port()))
        .<Optional<EchoServer>>handle(
            (@Nullable EchoServer server, @Nullable Throwable failure) -> {
              if (server == null) {
                log.warn(
                    "event=echo_not_started name={} address={} message=\"{}\"",
                    name,
                    address,
                    failure == null ? "" : Program.bindReason(failure));
                return Optional.empty();
              }
              log.debug("event=echo_started name={} address={}", name, address);
              return Optional.of(server);
            });
  }

  private static CompletionStage<Void> all(Iterable<? extends CompletionStage<?>> stages) {
    CompletableFuture<Void> all = CompletableFuture.completedFuture(null);
    for (CompletionStage<?> stage : stages) {
      all = all.thenCombine(stage, (a, b) -> null);
    }
    return all;
  }
}
