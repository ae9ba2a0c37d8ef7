package dev.nantian.gateway.control;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.TypeRegistry;
import com.google.protobuf.util.JsonFormat;
import dev.nantian.gateway.control.mailbox.Mailbox;
import dev.nantian.gateway.control.resource.ActorDirectory;
import dev.nantian.gateway.control.resource.ActorView;
import dev.nantian.gateway.control.resource.ResourceRegistry;
import dev.nantian.gateway.control.snapshot.ResourceId;
import dev.nantian.gateway.control.snapshot.SnapshotActor;
import dev.nantian.gateway.control.source.Diagnostic;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.control.status.ObjectStatus;
import dev.nantian.gateway.control.status.StatusActor;
import dev.nantian.gateway.control.xds.NodeView;
import dev.nantian.gateway.control.xds.NodesActor;
import dev.nantian.gateway.protocol.ResourceType;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * What goes on in a control plane, as plain records for the admin API. Computed on request; no
 * private key is ever in it. Safe for all threads.
 */
public final class ControlPlaneView {
  private final ActorDirectory directory;
  private final Mailbox<ResourceRegistry.Message> registry;
  private final Mailbox<SnapshotActor.Message> snapshot;
  private final Mailbox<NodesActor.Message> nodes;
  private final Mailbox<StatusActor.Message> statuses;

  ControlPlaneView(
      ActorDirectory directory,
      Mailbox<ResourceRegistry.Message> registry,
      Mailbox<SnapshotActor.Message> snapshot,
      Mailbox<NodesActor.Message> nodes,
      Mailbox<StatusActor.Message> statuses) {
    this.directory = directory;
    this.registry = registry;
    this.snapshot = snapshot;
    this.nodes = nodes;
    this.statuses = statuses;
  }

  /**
   * A resource in the configuration.
   *
   * @param type a {@link ResourceType} name
   * @param size bytes of the message
   * @param sourceEventAt when the source told of the change that led to this version
   * @param snapshotAt when it entered the configuration
   * @param liveAt when each connected node that has this version took it
   */
  public record ResourceView(
      String type,
      String name,
      String version,
      int size,
      Instant sourceEventAt,
      Instant snapshotAt,
      Map<String, Instant> liveAt) {}

  /** All resource actors, by kind, namespace and name. */
  public List<ActorView> actors() {
    return directory.actors();
  }

  /** One resource actor. */
  public Optional<ActorView> actor(ResourceKey key) {
    return directory.actor(key);
  }

  /**
   * Restarts one resource actor, as a crash would.
   *
   * @return false if there is none
   */
  public CompletionStage<Boolean> restart(ResourceKey key) {
    return ask(registry, reply -> new ResourceRegistry.RestartActor(key, reply));
  }

  /** The configuration, in type order, by name. */
  public CompletionStage<List<ResourceView>> snapshot() {
    return this.<SnapshotActor.Message, List<SnapshotActor.Entry>>ask(
            snapshot, SnapshotActor.Read::new)
        .thenCompose(
            entries ->
                this.<NodesActor.Message, Map<ResourceId, Map<String, Instant>>>ask(
                        nodes,
                        reply ->
                            new NodesActor.ReadLive(
                                entries.stream().map(entry -> entry.resource().id()).toList(),
                                reply))
                    .thenApply(live -> entries.stream().map(entry -> view(entry, live)).toList()));
  }

  private static ResourceView view(
      SnapshotActor.Entry entry, Map<ResourceId, Map<String, Instant>> live) {
    ResourceId id = entry.resource().id();
    return new ResourceView(
        id.type().name(),
        id.name(),
        entry.resource().version(),
        entry.resource().size(),
        entry.resource().causedAt(),
        entry.publishedAt(),
        live.getOrDefault(id, Map.of()));
  }

  /** One resource as JSON (protobuf's mapping), private keys replaced; empty if there is none. */
  public CompletionStage<Optional<String>> resourceJson(ResourceType type, String name) {
    return this.<SnapshotActor.Message, Optional<SnapshotActor.Entry>>ask(
            snapshot, reply -> new SnapshotActor.ReadOne(new ResourceId(type, name), reply))
        .thenApply(entry -> entry.map(found -> json(found.resource().message())));
  }

  /** Connected proxies. */
  public CompletionStage<List<NodeView>> nodes() {
    return ask(nodes, NodesActor.Read::new);
  }

  /** Every object with a status or a problem. */
  public CompletionStage<List<ObjectStatus>> statuses() {
    return ask(statuses, StatusActor.Read::new);
  }

  /** One object's status. */
  public CompletionStage<Optional<ObjectStatus>> status(ResourceKey key) {
    return ask(statuses, reply -> new StatusActor.ReadOne(key, reply));
  }

  /** Everything that is wrong now. */
  public CompletionStage<List<Diagnostic>> diagnostics() {
    return ask(statuses, StatusActor.ReadDiagnostics::new);
  }

  private <M, R> CompletionStage<R> ask(
      Mailbox<M> actor, Function<CompletableFuture<R>, ? extends M> question) {
    CompletableFuture<R> reply = new CompletableFuture<>();
    actor.tell(question.apply(reply));
    return reply;
  }

  private static String json(Message message) {
    try {
      return JsonFormat.printer()
          .usingTypeRegistry(TypeRegistry.getEmptyTypeRegistry())
          .print(message instanceof Secret secret ? redacted(secret) : message);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("own message has no JSON form", e);
    }
  }

  private static Secret redacted(Secret secret) {
    Secret.Builder copy = secret.toBuilder();
    ByteString chain = secret.getTlsCertificate().getCertificateChain().getInlineBytes();
    copy.getTlsCertificateBuilder()
        .setCertificateChain(DataSource.newBuilder().setInlineString(chain.toStringUtf8()))
        .setPrivateKey(DataSource.newBuilder().setInlineString("[redacted]"));
    return copy.build();
  }
}
