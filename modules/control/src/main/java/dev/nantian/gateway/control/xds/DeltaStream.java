package dev.nantian.gateway.control.xds;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.Status;
import dev.nantian.gateway.control.snapshot.ResourceId;
import dev.nantian.gateway.control.snapshot.SnapshotChange;
import dev.nantian.gateway.protocol.ResourceType;
import dev.nantian.gateway.protocol.config.v1.RejectedResource;
import dev.nantian.gateway.protocol.config.v1.RejectedResources;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * The server's side of one delta ADS stream, as a plain state machine: requests and snapshot
 * changes in, responses and the node's answers out. Source: the xDS protocol documentation,
 * "Incremental xDS" and "Eventual consistency considerations". Not thread-safe; one owner.
 *
 * <p>Order (make before break). Per type there is at most one response without an answer. What is
 * new goes out in {@link ResourceType} order, and a type waits while an earlier one has something
 * to say that it cannot send yet. What is removed goes out in reverse order, when nothing new is
 * left and every response has its answer; and a removal waits while the node has refused the newest
 * version of a resource of a later type, for it goes on serving the older one, which may need what
 * is to be removed.
 *
 * <p>Nothing is sent before the first {@link SnapshotChange}.
 */
public final class DeltaStream {
  private final Map<ResourceType, TypeSubscription> types = new EnumMap<>(ResourceType.class);
  private final ResourceType[] order = ResourceType.values();
  private boolean started;
  private long revision;
  private long nonces;

  /**
   * @param maxResponseBytes a response is closed when its resources reach this size, for gRPC
   *     limits the size of a message (4 MiB by default)
   */
  public DeltaStream(int maxResponseBytes) {
    for (ResourceType type : order) {
      types.put(type, new TypeSubscription(type, maxResponseBytes));
    }
  }

  /** The snapshot changed; the first call brings all of it. */
  public List<StreamOutput> onChange(SnapshotChange change) {
    List<StreamOutput> outputs = new ArrayList<>();
    revision = change.revision();
    change.changed().forEach(resource -> of(resource.id().type()).exists(resource));
    change.removed().forEach(id -> of(id.type()).gone(id.name()));
    if (!started) {
      started = true;
      for (ResourceType type : order) {
        if (of(type).requested()) {
          compare(type, outputs);
        }
      }
    }
    pump(outputs);
    return outputs;
  }

  /** The node said something. */
  public List<StreamOutput> onRequest(DeltaDiscoveryRequest request) {
    Optional<ResourceType> known = ResourceType.ofTypeUrl(request.getTypeUrl());
    if (known.isEmpty()) {
      return List.of(new StreamOutput.UnknownType(request.getTypeUrl()));
    }
    List<StreamOutput> outputs = new ArrayList<>();
    ResourceType type = known.get();
    TypeSubscription subscription = of(type);
    if (!subscription.requested()) {
      subscription.begin(
          request.getResourceNamesSubscribeList(), request.getInitialResourceVersionsMap());
      if (started) {
        compare(type, outputs);
      }
    } else {
      answer(type, request, outputs);
      subscription.subscribe(request.getResourceNamesSubscribeList());
      subscription.unsubscribe(request.getResourceNamesUnsubscribeList());
    }
    pump(outputs);
    return outputs;
  }

  private void compare(ResourceType type, List<StreamOutput> outputs) {
    Map<ResourceId, String> alreadyHeld = of(type).compare();
    if (!alreadyHeld.isEmpty()) {
      outputs.add(new StreamOutput.Applied(type, alreadyHeld, List.of(), false));
    }
  }

  private void answer(
      ResourceType type, DeltaDiscoveryRequest request, List<StreamOutput> outputs) {
    TypeSubscription.Outstanding outstanding = of(type).outstanding();
    // A request without a nonce, or with that of an older response, answers nothing.
    if (outstanding == null || !outstanding.nonce().equals(request.getResponseNonce())) {
      return;
    }
    Map<ResourceId, StreamOutput.Rejection> rejections = new LinkedHashMap<>();
    if (request.hasErrorDetail()) {
      rejections = rejections(type, outstanding, request.getErrorDetail());
      outputs.add(
          new StreamOutput.Refused(
              type, request.getErrorDetail().getMessage(), List.copyOf(rejections.values())));
    }
    StreamOutput.Applied applied = of(type).answered(outstanding, rejections);
    if (!request.hasErrorDetail() || !applied.versions().isEmpty()) {
      outputs.add(applied);
    }
  }

  private static Map<ResourceId, StreamOutput.Rejection> rejections(
      ResourceType type, TypeSubscription.Outstanding outstanding, Status error) {
    Map<ResourceId, StreamOutput.Rejection> rejections = new LinkedHashMap<>();
    for (Any detail : error.getDetailsList()) {
      if (!detail.is(RejectedResources.class)) {
        continue;
      }
      try {
        for (RejectedResource rejected :
            detail.unpack(RejectedResources.class).getResourcesList()) {
          ResourceId id = new ResourceId(type, rejected.getName());
          String version = outstanding.sent().get(id);
          if (version != null) {
            rejections.put(
                id,
                new StreamOutput.Rejection(
                    id, version, rejected.getReason(), rejected.getMessage()));
          }
        }
      } catch (InvalidProtocolBufferException e) {
        // As without details: everything in the response counts as refused.
        rejections.clear();
        break;
      }
    }
    if (rejections.isEmpty()) {
      outstanding
          .sent()
          .forEach(
              (id, version) ->
                  rejections.put(
                      id,
                      new StreamOutput.Rejection(
                          id,
                          version,
                          RejectedResource.Reason.REASON_UNSPECIFIED,
                          error.getMessage())));
    }
    return rejections;
  }

  private void pump(List<StreamOutput> outputs) {
    if (!started) {
      return;
    }
    boolean waiting = false;
    for (ResourceType type : order) {
      TypeSubscription subscription = of(type);
      if (!subscription.requested()) {
        continue;
      }
      if (subscription.outstanding() != null) {
        waiting = true;
        if (subscription.changesDue()) {
          return;
        }
        continue;
      }
      Optional<DeltaDiscoveryResponse.Builder> changes = subscription.takeChanges();
      if (changes.isPresent()) {
        send(type, changes.get(), outputs);
        waiting = true;
        if (subscription.changesDue()) {
          return;
        }
      }
    }
    if (!waiting) {
      pumpRemovals(outputs);
    }
  }

  private void pumpRemovals(List<StreamOutput> outputs) {
    for (int i = order.length - 1; i >= 0; i--) {
      TypeSubscription subscription = of(order[i]);
      if (subscription.requested() && subscription.removalsDue()) {
        send(order[i], subscription.takeRemovals(), outputs);
      }
      if (subscription.refusalStands()) {
        return;
      }
    }
  }

  private void send(
      ResourceType type, DeltaDiscoveryResponse.Builder content, List<StreamOutput> outputs) {
    DeltaDiscoveryResponse response =
        content
            .setTypeUrl(type.typeUrl())
            .setNonce(Long.toString(++nonces))
            .setSystemVersionInfo(Long.toString(revision))
            .build();
    of(type).sent(response);
    outputs.add(new StreamOutput.Send(type, response));
  }

  private TypeSubscription of(ResourceType type) {
    return Objects.requireNonNull(types.get(type));
  }
}
