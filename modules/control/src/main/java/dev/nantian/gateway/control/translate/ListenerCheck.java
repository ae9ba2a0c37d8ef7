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
import java.util.stream.Collectors;

/**
 * One listener of a Gateway, looked at by itself.
 *
 * @param path of the listener in the Gateway
 * @param conflict ProtocolConflict or HostnameConflict; empty if none
 * @param notAccepted reason and message if its configuration cannot be served at all
 * @param notResolved reason and message if a reference of it does not resolve
 * @param kinds kinds of route that may attach
 * @param certificates Secrets that resolve, in the order written
 */
record ListenerCheck(
    String path,
    Listener listener,
    String conflict,
    Optional<Refusal> notAccepted,
    Optional<Refusal> notResolved,
    List<RouteGroupKind> kinds,
    List<ResourceKey> certificates,
    List<Problem> problems) {

  /** A condition's reason with its message. */
  record Refusal(String reason, String message) {}

  /** Kinds of route that a listener of this protocol can serve; empty if we do not serve it. */
  private static List<Kind> routeKinds(String protocol) {
    return switch (protocol) {
      case "HTTP", "HTTPS" -> List.of(Kind.HTTP_ROUTE);
      case "TLS" -> List.of(Kind.TLS_ROUTE);
      case "TCP" -> List.of(Kind.TCP_ROUTE);
      case "UDP" -> List.of(Kind.UDP_ROUTE);
      default -> List.of();
    };
  }

  /**
   * @param frontendValidation whether the Gateway asks for client certificates, which is refused
   *     rather than passed over
   */
  static ListenerCheck of(
      ResourceKey gateway,
      String path,
      Listener listener,
      String conflict,
      boolean frontendValidation,
      Inputs inputs) {
    List<Problem> problems = new ArrayList<>();
    List<ResourceKey> certificates = new ArrayList<>();
    Optional<Refusal> notAccepted =
        notAccepted(path, listener, conflict, frontendValidation, problems);
    List<RouteGroupKind> kinds = new ArrayList<>();
    Optional<Refusal> notResolved = kinds(path, listener, kinds, problems);
    if (needsCertificate(listener) && listener.getTls() != null) {
      Optional<Refusal> badCertificate =
          certificates(gateway, path + ".tls", listener.getTls(), inputs, certificates, problems);
      if (badCertificate.isPresent()) {
        notResolved = badCertificate;
      }
    }
    return new ListenerCheck(
        path, listener, conflict, notAccepted, notResolved, kinds, certificates, problems);
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
        && (!needsCertificate(listener) || !certificates.isEmpty());
  }

  dev.nantian.gateway.protocol.config.v1.Listener message() {
    return dev.nantian.gateway.protocol.config.v1.Listener.newBuilder()
        .setName(name())
        .setPort(port())
        .setProtocol(dev.nantian.gateway.protocol.config.v1.Listener.Protocol.valueOf(protocol()))
        .setTlsMode(
            isPassthrough(listener)
                ? dev.nantian.gateway.protocol.config.v1.Listener.TlsMode.PASSTHROUGH
                : dev.nantian.gateway.protocol.config.v1.Listener.TlsMode.TERMINATE)
        .setHostname(hostname())
        .addAllCertificates(
            certificates.stream().map(key -> key.namespace() + "/" + key.name()).toList())
        .build();
  }

  Fact.ListenerFact fact(boolean served) {
    RouteNamespaces namespaces =
        listener.getAllowedRoutes() == null ? null : listener.getAllowedRoutes().getNamespaces();
    String from = namespaces == null ? null : namespaces.getFrom();
    return new Fact.ListenerFact(
        name(),
        port(),
        hostname(),
        routeKinds(protocol()).stream()
            .filter(kind -> kinds.contains(groupKind(kind)))
            .collect(Collectors.toSet()),
        Objects.requireNonNullElse(from, "Same"),
        namespaces == null ? null : namespaces.getSelector(),
        served);
  }

  private static Optional<Refusal> notAccepted(
      String path,
      Listener listener,
      String conflict,
      boolean frontendValidation,
      List<Problem> problems) {
    Problem problem;
    String reason;
    String protocol = listener.getProtocol();
    if (routeKinds(protocol).isEmpty()) {
      problem =
          Problem.error(path + ".protocol", protocol + " (expected HTTP, HTTPS, TLS, TCP or UDP)");
      reason = "UnsupportedProtocol";
    } else if (!conflict.isEmpty()) {
      problem =
          conflict.equals("ProtocolConflict")
              ? Problem.error(
                  path + ".protocol",
                  protocol
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
      reason = conflict;
    } else if (speaksTls(listener) && listener.getTls() == null) {
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
    } else if (protocol.equals("HTTPS") && frontendValidation) {
      problem =
          Problem.error(
              "spec.tls.frontend",
              "client certificates are not validated yet (expected none: without the check this"
                  + " listener would be open)");
      reason = "UnsupportedValue";
    } else {
      return Optional.empty();
    }
    problems.add(problem);
    return Optional.of(new Refusal(reason, problem.inMessage()));
  }

  private static boolean speaksTls(Listener listener) {
    return listener.getProtocol().equals("HTTPS") || listener.getProtocol().equals("TLS");
  }

  private static boolean isPassthrough(Listener listener) {
    return listener.getProtocol().equals("TLS")
        && listener.getTls() != null
        && "Passthrough".equals(listener.getTls().getMode());
  }

  private static boolean needsCertificate(Listener listener) {
    return speaksTls(listener) && !isPassthrough(listener);
  }

  private static RouteGroupKind groupKind(Kind kind) {
    return new RouteGroupKind(kind.group(), kind.kindName());
  }

  private static Optional<Refusal> kinds(
      String path, Listener listener, List<RouteGroupKind> kinds, List<Problem> problems) {
    List<RouteGroupKind> wanted =
        listener.getAllowedRoutes() == null
            ? List.of()
            : orEmpty(listener.getAllowedRoutes().getKinds());
    List<RouteGroupKind> served =
        routeKinds(listener.getProtocol()).stream().map(ListenerCheck::groupKind).toList();
    if (served.isEmpty() || wanted.isEmpty()) {
      kinds.addAll(served);
      return Optional.empty();
    }
    Optional<Refusal> refusal = Optional.empty();
    for (int i = 0; i < wanted.size(); i++) {
      RouteGroupKind kind =
          new RouteGroupKind(
              Objects.requireNonNullElse(wanted.get(i).getGroup(), Kind.GATEWAY_API),
              wanted.get(i).getKind());
      if (!served.contains(kind)) {
        Problem problem =
            Problem.error(
                path + ".allowedRoutes.kinds[" + i + "].kind",
                kind.getKind()
                    + " (expected "
                    + served.stream().map(RouteGroupKind::getKind).collect(Collectors.joining(", "))
                    + ")");
        problems.add(problem);
        refusal = Optional.of(new Refusal("InvalidRouteKinds", problem.inMessage()));
      } else if (!kinds.contains(kind)) {
        kinds.add(kind);
      }
    }
    return refusal;
  }

  private static Optional<Refusal> certificates(
      ResourceKey gateway,
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
        ResourceKey secret = secret(gateway, reference);
        Fact.SecretFact fact = inputs.fact(secret, Fact.SecretFact.class);
        if (!permitted(gateway, secret, inputs)) {
          reason = "RefNotPermitted";
          problem =
              Problem.error(
                  at,
                  secret
                      + ": no ReferenceGrant in namespace "
                      + secret.namespace()
                      + " permits Gateways of namespace "
                      + gateway.namespace());
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

  private static boolean permitted(ResourceKey gateway, ResourceKey secret, Inputs inputs) {
    return secret.namespace().equals(gateway.namespace())
        || inputs
            .fact(new ResourceKey(Kind.NAMESPACE, "", secret.namespace()), Fact.NamespaceFact.class)
            .permits(
                Kind.GATEWAY_API,
                Kind.GATEWAY.kindName(),
                gateway.namespace(),
                "",
                Kind.SECRET.kindName(),
                secret.name());
  }
}
