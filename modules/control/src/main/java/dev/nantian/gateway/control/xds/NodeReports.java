package dev.nantian.gateway.control.xds;

import dev.nantian.gateway.control.snapshot.ResourceId;
import dev.nantian.gateway.protocol.ResourceType;
import dev.nantian.gateway.protocol.config.v1.RejectedResource;
import dev.nantian.gateway.protocol.control.v1.NodeReport;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What one replica tells another of the proxies that are connected to it, and back. Stateless.
 *
 * @see NodeReport
 */
final class NodeReports {
  private NodeReports() {}

  static NodeReport connected(long stream, String node, long openedMillis) {
    return NodeReport.newBuilder()
        .setStream(stream)
        .setConnected(NodeReport.Connected.newBuilder().setNode(node).setOpenedMillis(openedMillis))
        .build();
  }

  static NodeReport disconnected(long stream, String cause) {
    return NodeReport.newBuilder()
        .setStream(stream)
        .setDisconnected(NodeReport.Disconnected.newBuilder().setCause(cause))
        .build();
  }

  /** All that a node holds and refuses: one report for each type that there is something of. */
  static List<NodeReport> state(
      long stream, Map<ResourceId, String> held, Collection<StreamOutput.Rejection> refused) {
    List<NodeReport> reports = new ArrayList<>();
    Map<ResourceType, Map<ResourceId, String>> byType = new EnumMap<>(ResourceType.class);
    held.forEach(
        (id, version) ->
            byType.computeIfAbsent(id.type(), type -> new HashMap<>()).put(id, version));
    byType.forEach((type, versions) -> reports.add(held(stream, type, versions, List.of())));
    Map<ResourceType, List<StreamOutput.Rejection>> refusals = new EnumMap<>(ResourceType.class);
    refused.forEach(
        rejection ->
            refusals
                .computeIfAbsent(rejection.id().type(), type -> new ArrayList<>())
                .add(rejection));
    refusals.forEach((type, rejections) -> reports.add(refused(stream, type, rejections)));
    return reports;
  }

  /** What follows for the leader from something that happened on a stream; empty if nothing. */
  static Optional<NodeReport> of(long stream, StreamOutput output) {
    return switch (output) {
      case StreamOutput.Send(var type, var response) ->
          response.getRemovedResourcesCount() == 0
              ? Optional.empty()
              : Optional.of(
                  held(
                      stream,
                      type,
                      Map.of(),
                      response.getRemovedResourcesList().stream()
                          .map(name -> new ResourceId(type, name))
                          .toList()));
      case StreamOutput.Applied(var type, var versions, var removed, var _) ->
          Optional.of(held(stream, type, versions, removed));
      case StreamOutput.Refused(var type, var _, var rejections) ->
          Optional.of(refused(stream, type, rejections));
      case StreamOutput.UnknownType _ -> Optional.empty();
    };
  }

  private static NodeReport held(
      long stream, ResourceType type, Map<ResourceId, String> versions, List<ResourceId> removed) {
    NodeReport.Held.Builder held = NodeReport.Held.newBuilder().setTypeUrl(type.typeUrl());
    versions.forEach((id, version) -> held.putVersions(id.name(), version));
    removed.forEach(id -> held.addRemoved(id.name()));
    return NodeReport.newBuilder().setStream(stream).setHeld(held).build();
  }

  private static NodeReport refused(
      long stream, ResourceType type, Collection<StreamOutput.Rejection> rejections) {
    NodeReport.Refused.Builder refused = NodeReport.Refused.newBuilder().setTypeUrl(type.typeUrl());
    for (StreamOutput.Rejection rejection : rejections) {
      refused.addResources(
          RejectedResource.newBuilder()
              .setName(rejection.id().name())
              .setVersion(rejection.version())
              .setReason(rejection.reason())
              .setMessage(rejection.message()));
    }
    return NodeReport.newBuilder().setStream(stream).setRefused(refused).build();
  }

  /** Of a replica that knows types which this one does not: empty. */
  static Optional<StreamOutput.Applied> applied(NodeReport.Held held) {
    return ResourceType.ofTypeUrl(held.getTypeUrl())
        .map(
            type -> {
              Map<ResourceId, String> versions = new HashMap<>();
              held.getVersionsMap()
                  .forEach((name, version) -> versions.put(new ResourceId(type, name), version));
              return new StreamOutput.Applied(
                  type,
                  versions,
                  held.getRemovedList().stream().map(name -> new ResourceId(type, name)).toList(),
                  false);
            });
  }

  static List<StreamOutput.Rejection> rejections(NodeReport.Refused refused) {
    return ResourceType.ofTypeUrl(refused.getTypeUrl()).stream()
        .flatMap(
            type ->
                refused.getResourcesList().stream()
                    .map(
                        resource ->
                            new StreamOutput.Rejection(
                                new ResourceId(type, resource.getName()),
                                resource.getVersion(),
                                resource.getReason(),
                                resource.getMessage())))
        .toList();
  }
}
