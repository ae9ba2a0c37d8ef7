package dev.nantian.gateway.control.translate;

import static dev.nantian.gateway.control.translate.Conditions.orEmpty;

import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.Listener;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.ListenerTLSConfig;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.RouteGroupKind;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.RouteNamespaces;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.SecretObjectReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * One listener of a Gateway or ListenerSet, looked at by itself.
 *
 * @param path of the listener in the Gateway
 * @param conflict ProtocolConflict or HostnameConflict; empty if none
 * @param notAccepted reason and message if its configuration cannot be served at all
 * @param notResolved reason and message if a reference of it does not resolve
 * @param kinds kinds of route that may attach
 * @param certificates Secrets that resolve, in the order written
 * @param frontend what is asked of clients' certificates
 */
record ListenerCheck(
    String path,
    Listener listener,
    String conflict,
    Optional<Refusal> notAccepted,
    Optional<Refusal> notResolved,
    List<RouteGroupKind> kinds,
    List<ResourceKey> certificates,
    FrontendValidation.Outcome frontend,
    List<Problem> problems) {

  /**
   * @param owner the Gateway or ListenerSet
   * @param frontend of the listener's port, if it is HTTPS
   */
  static ListenerCheck of(
      ResourceKey owner,
      String path,
      Listener listener,
      String conflict,
      FrontendValidation.Outcome frontend,
      Inputs inputs) {
    List<Problem> problems = new ArrayList<>();
    List<ResourceKey> certificates = new ArrayList<>();
    FrontendValidation.Outcome asked =
        "HTTPS".equals(listener.getProtocol()) ? frontend : FrontendValidation.Outcome.NOT_ASKED;
    Optional<Refusal> notAccepted =
        notAccepted(path, listener, conflict, problems).or(asked::notAccepted);
    List<RouteGroupKind> kinds = new ArrayList<>();
    Optional<Refusal> notResolved = kinds(path, listener, kinds, problems);
    if (terminates(listener) && listener.getTls() != null) {
      Optional<Refusal> badCertificate =
          certificates(owner, path + ".tls", listener.getTls(), inputs, certificates, problems);
      if (badCertificate.isPresent()) {
        notResolved = badCertificate;
      }
    }
    return new ListenerCheck(
        path,
        listener,
        conflict,
        notAccepted,
        asked.notResolved().isPresent() ? asked.notResolved() : notResolved,
        kinds,
        certificates,
        asked,
        problems);
  }

  private static boolean terminates(Listener listener) {
    return "HTTPS".equals(listener.getProtocol())
        || ("TLS".equals(listener.getProtocol()) && !isPassthrough(listener));
  }

  private static boolean isPassthrough(Listener listener) {
    return listener.getTls() != null && "Passthrough".equals(listener.getTls().getMode());
  }

  private static List<Kind> kindsOf(String protocol) {
    return switch (protocol) {
      case "HTTP", "HTTPS" -> List.of(Kind.HTTP_ROUTE, Kind.GRPC_ROUTE);
      case "TLS" -> List.of(Kind.TLS_ROUTE);
      case "TCP" -> List.of(Kind.TCP_ROUTE);
      case "UDP" -> List.of(Kind.UDP_ROUTE);
      default -> List.of();
    };
  }

  String name() {
    return listener.getName();
  }

  int port() {
    return listener.getPort();
  }

  String protocol() {
    return listener.getProtocol();
  }

  String hostname() {
    return Hostnames.normal(listener.getHostname());
  }

  /** Whether it may be sent to the proxies, as far as the Gateway itself goes. */
  boolean servable() {
    return notAccepted.isEmpty()
        && !kinds.isEmpty()
        && (!terminates(listener) || !certificates.isEmpty());
  }

  dev.nantian.gateway.protocol.config.v1.Listener message() {
    dev.nantian.gateway.protocol.config.v1.Listener.Builder message =
        dev.nantian.gateway.protocol.config.v1.Listener.newBuilder()
            .setName(name())
            .setPort(port())
            .setProtocol(protocolMessage())
            .setHostname(hostname())
            .addAllCertificates(
                certificates.stream().map(key -> key.namespace() + "/" + key.name()).toList());
    if (isPassthrough(listener)) {
      message.setTlsMode(dev.nantian.gateway.protocol.config.v1.Listener.TlsMode.PASSTHROUGH);
    }
    frontend.message().ifPresent(message::setClientValidation);
    return message.build();
  }

  private dev.nantian.gateway.protocol.config.v1.Listener.Protocol protocolMessage() {
    return switch (protocol()) {
      case "HTTPS" -> dev.nantian.gateway.protocol.config.v1.Listener.Protocol.HTTPS;
      case "TLS" -> dev.nantian.gateway.protocol.config.v1.Listener.Protocol.TLS;
      case "TCP" -> dev.nantian.gateway.protocol.config.v1.Listener.Protocol.TCP;
      case "UDP" -> dev.nantian.gateway.protocol.config.v1.Listener.Protocol.UDP;
      default -> dev.nantian.gateway.protocol.config.v1.Listener.Protocol.HTTP;
    };
  }

  /**
   * @param id its name in the configuration
   * @param claims on the object that has the listener
   */
  Fact.ListenerFact fact(String id, boolean served, SortedMap<ResourceKey, Claim> claims) {
    RouteNamespaces namespaces =
        listener.getAllowedRoutes() == null ? null : listener.getAllowedRoutes().getNamespaces();
    String from = namespaces == null ? null : namespaces.getFrom();
    return new Fact.ListenerFact(
        name(),
        id,
        port(),
        hostname(),
        kinds.stream().map(RouteGroupKind::getKind).collect(Collectors.toUnmodifiableSet()),
        Objects.requireNonNullElse(from, "Same"),
        namespaces == null ? null : namespaces.getSelector(),
        served,
        RouteContest.losers(name(), claims));
  }

  private static Optional<Refusal> notAccepted(
      String path, Listener listener, String conflict, List<Problem> problems) {
    Problem problem;
    String reason;
    String protocol = listener.getProtocol();
    if (kindsOf(protocol).isEmpty()) {
      problem =
          Problem.error(path + ".protocol", protocol + " (expected HTTP, HTTPS, TLS, TCP or UDP)");
      reason = "UnsupportedProtocol";
    } else if (!conflict.isEmpty()) {
      problem = conflict(path, listener, conflict);
      reason = conflict;
    } else if ((protocol.equals("HTTPS") || protocol.equals("TLS")) && listener.getTls() == null) {
      problem =
          Problem.error(
              path + ".tls",
              protocol.equals("TLS")
                  ? "missing (expected mode Passthrough, or certificateRefs)"
                  : "missing (expected certificateRefs)");
      reason = "UnsupportedValue";
    } else if (protocol.equals("HTTPS")
        && listener.getTls().getMode() != null
        && !listener.getTls().getMode().equals("Terminate")) {
      problem =
          Problem.error(
              path + ".tls.mode",
              listener.getTls().getMode() + " (expected Terminate for an HTTPS listener)");
      reason = "UnsupportedValue";
    } else {
      return Optional.empty();
    }
    problems.add(problem);
    return Optional.of(new Refusal(reason, problem.inMessage()));
  }

  static Problem conflict(String path, Listener listener, String conflict) {
    return conflict.equals("ProtocolConflict")
        ? Problem.error(
            path + ".protocol",
            listener.getProtocol()
                + ": another listener has another protocol on port "
                + listener.getPort()
                + " (expected one protocol per port)")
        : Problem.error(
            path + ".hostname",
            "\""
                + Hostnames.normal(listener.getHostname())
                + "\": another listener has the same hostname on port "
                + listener.getPort()
                + " (expected each once)");
  }

  private static Optional<Refusal> kinds(
      String path, Listener listener, List<RouteGroupKind> kinds, List<Problem> problems) {
    List<RouteGroupKind> wanted =
        listener.getAllowedRoutes() == null
            ? List.of()
            : orEmpty(listener.getAllowedRoutes().getKinds());
    List<RouteGroupKind> possible =
        kindsOf(listener.getProtocol()).stream()
            .map(kind -> new RouteGroupKind(Kind.GATEWAY_API, kind.kindName()))
            .toList();
    if (possible.isEmpty()) {
      return Optional.empty();
    }
    if (wanted.isEmpty()) {
      kinds.addAll(possible);
      return Optional.empty();
    }
    Optional<Refusal> refusal = Optional.empty();
    for (int i = 0; i < wanted.size(); i++) {
      RouteGroupKind kind =
          new RouteGroupKind(
              Objects.requireNonNullElse(wanted.get(i).getGroup(), Kind.GATEWAY_API),
              wanted.get(i).getKind());
      if (possible.contains(kind)) {
        if (!kinds.contains(kind)) {
          kinds.add(kind);
        }
      } else {
        Problem problem =
            Problem.error(
                path + ".allowedRoutes.kinds[" + i + "].kind",
                (Kind.GATEWAY_API.equals(
                            Objects.requireNonNullElse(kind.getGroup(), Kind.GATEWAY_API))
                        ? ""
                        : kind.getGroup() + "/")
                    + kind.getKind()
                    + " (expected "
                    + possible.stream()
                        .map(RouteGroupKind::getKind)
                        .collect(Collectors.joining(" or "))
                    + " with protocol "
                    + listener.getProtocol()
                    + ")");
        problems.add(problem);
        refusal = Optional.of(new Refusal("InvalidRouteKinds", problem.inMessage()));
      }
    }
    return refusal;
  }

  private static Optional<Refusal> certificates(
      ResourceKey owner,
      String path,
      ListenerTLSConfig tls,
      Inputs inputs,
      List<ResourceKey> resolved,
      List<Problem> problems) {
    List<SecretObjectReference> references = orEmpty(tls.getCertificateRefs());
    Optional<Refusal> refusal = Optional.empty();
    if (references.isEmpty()) {
      Problem problem = Problem.error(path + ".certificateRefs", "empty (expected a Secret)");
      problems.add(problem);
      return Optional.of(new Refusal("InvalidCertificateRef", problem.inMessage()));
    }
    for (int i = 0; i < references.size(); i++) {
      String at = path + ".certificateRefs[" + i + "]";
      SecretObjectReference reference = references.get(i);
      String reason = "InvalidCertificateRef";
      Problem problem;
      if (!isSecret(reference)) {
        problem =
            Problem.error(
                at + ".kind",
                Objects.requireNonNullElse(reference.getGroup(), "")
                    + "/"
                    + reference.getKind()
                    + " (expected a Secret of the core group)");
      } else {
        ResourceKey secret = secret(owner, reference);
        Fact.SecretFact fact = inputs.fact(secret, Fact.SecretFact.class);
        if (!permitted(owner, secret, inputs)) {
          reason = "RefNotPermitted";
          problem =
              Problem.error(
                  at,
                  secret
                      + ": no ReferenceGrant in namespace "
                      + secret.namespace()
                      + " permits "
                      + owner.kind()
                      + "s of namespace "
                      + owner.namespace());
        } else if (!fact.exists()) {
          problem = Problem.error(at + ".name", secret + " does not exist");
        } else if (fact.invalid().isPresent()) {
          problem = Problem.error(at + ".name", secret + " " + fact.invalid().get());
        } else {
          if (!resolved.contains(secret)) {
            resolved.add(secret);
          }
          continue;
        }
      }
      problems.add(problem);
      if (refusal.isEmpty()) {
        refusal = Optional.of(new Refusal(reason, problem.inMessage()));
      }
    }
    return refusal;
  }

  static boolean isSecret(SecretObjectReference reference) {
    return (reference.getGroup() == null || reference.getGroup().isEmpty())
        && (reference.getKind() == null || reference.getKind().equals("Secret"));
  }

  static ResourceKey secret(ResourceKey gateway, SecretObjectReference reference) {
    return new ResourceKey(
        Kind.SECRET,
        Objects.requireNonNullElse(reference.getNamespace(), gateway.namespace()),
        reference.getName());
  }

  static boolean permitted(ResourceKey owner, ResourceKey secret, Inputs inputs) {
    return secret.namespace().equals(owner.namespace())
        || inputs
            .fact(new ResourceKey(Kind.NAMESPACE, "", secret.namespace()), Fact.NamespaceFact.class)
            .permits(
                Kind.GATEWAY_API,
                owner.kind().kindName(),
                owner.namespace(),
                "",
                Kind.SECRET.kindName(),
                secret.name());
  }

  /** The Secrets that listeners refer to, with their namespaces. */
  static Set<ResourceKey> dependencies(ResourceKey owner, List<Listener> listeners) {
    Set<ResourceKey> dependencies = new TreeSet<>();
    for (Listener listener : listeners) {
      if (listener.getTls() == null) {
        continue;
      }
      for (SecretObjectReference reference : orEmpty(listener.getTls().getCertificateRefs())) {
        if (isSecret(reference)) {
          ResourceKey secret = secret(owner, reference);
          dependencies.add(secret);
          dependencies.add(new ResourceKey(Kind.NAMESPACE, "", secret.namespace()));
        }
      }
    }
    return dependencies;
  }
}
