package dev.nantian.gateway.control.translate;

import static dev.nantian.gateway.control.translate.Conditions.createdMillis;
import static dev.nantian.gateway.control.translate.Conditions.orEmpty;

import dev.nantian.gateway.control.address.AddressAssignment;
import dev.nantian.gateway.control.address.AddressClaim;
import dev.nantian.gateway.control.snapshot.ResourceId;
import dev.nantian.gateway.control.source.Diagnostic;
import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.protocol.ResourceType;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.Gateway;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GatewayInfrastructure;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GatewaySpecAddress;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.Listener;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.SecretObjectReference;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Gateway: its listeners that may serve, with the certificates that they use.
 *
 * <p>The address plan has the last word on a listener; until it has spoken nothing is published.
 */
public final class GatewayTranslator implements Translator<Gateway> {

  @Override
  public Set<ResourceKey> dependencies(ResourceKey key, Gateway object) {
    Set<ResourceKey> dependencies = new TreeSet<>();
    dependencies.add(
        new ResourceKey(Kind.GATEWAY_CLASS, "", object.getSpec().getGatewayClassName()));
    for (Listener listener : orEmpty(object.getSpec().getListeners())) {
      if (listener.getTls() == null) {
        continue;
      }
      for (SecretObjectReference reference : orEmpty(listener.getTls().getCertificateRefs())) {
        if (ListenerCheck.isSecret(reference)) {
          ResourceKey secret = ListenerCheck.secret(key, reference);
          dependencies.add(secret);
          dependencies.add(new ResourceKey(Kind.NAMESPACE, "", secret.namespace()));
        }
      }
    }
    return dependencies;
  }

  @Override
  public Translation absent(ResourceKey key, Inputs inputs) {
    return Translation.of(Fact.GatewayFact.ABSENT);
  }

  @Override
  public Translation translate(ResourceKey key, Gateway object, Inputs inputs) {
    String className = object.getSpec().getGatewayClassName();
    Fact.ClassFact gatewayClass =
        inputs.fact(new ResourceKey(Kind.GATEWAY_CLASS, "", className), Fact.ClassFact.class);
    Translation.Builder result = new Translation.Builder();
    dependencies(key, object).forEach(dependency -> result.claim(dependency, Claim.WATCHES));
    if (!gatewayClass.ours()) {
      if (!gatewayClass.exists()) {
        result.problem(
            Problem.warning(
                "spec.gatewayClassName",
                className + ": no GatewayClass has this name; nothing serves this Gateway"));
      }
      return result
          .fact(new Fact.GatewayFact(Fact.Ownership.NOT_OURS, className, List.of()))
          .build();
    }
    List<Problem> gatewayProblems = gatewayProblems(object);
    result.problems(gatewayProblems);
    boolean gatewayValid =
        gatewayProblems.stream()
            .noneMatch(problem -> problem.severity() == Diagnostic.Severity.ERROR);
    List<ListenerCheck> listeners = checkListeners(key, object, inputs);
    listeners.forEach(listener -> result.problems(listener.problems()));
    String name = key.namespace() + "/" + key.name();
    if (gatewayValid) {
      result.addressClaim(addressClaim(name, object, listeners));
      claimCertificates(listeners, inputs, result);
    }
    Map<String, String> refused = inputs.address().map(AddressAssignment::refused).orElse(Map.of());
    dev.nantian.gateway.protocol.config.v1.Gateway.Builder message =
        dev.nantian.gateway.protocol.config.v1.Gateway.newBuilder()
            .setName(name)
            .setCreatedMillis(createdMillis(object));
    List<Fact.ListenerFact> facts = new ArrayList<>();
    Set<String> served = new HashSet<>();
    for (ListenerCheck listener : listeners) {
      boolean serves =
          gatewayValid
              && listener.servable()
              && inputs.address().isPresent()
              && !refused.containsKey(listener.name())
              && !inputs.address().get().waiting().contains(listener.name());
      if (serves) {
        int bindPort = inputs.address().get().bindPorts().getOrDefault(listener.name(), 0);
        message.addListeners(listener.message().toBuilder().setBindPort(bindPort));
        served.add(listener.name());
      } else if (refused.containsKey(listener.name())) {
        result.problem(
            Problem.error(listener.path() + ".port", String.valueOf(refused.get(listener.name()))));
      }
      facts.add(listener.fact(serves));
    }
    inputs.address().ifPresent(address -> message.addAllAddresses(address.bind()));
    if (gatewayValid) {
      result.waitUnless(inputs.address().isPresent());
    }
    if (!served.isEmpty()) {
      result.resource(new ResourceId(ResourceType.GATEWAY, name), message.build());
    }
    return result
        .fact(new Fact.GatewayFact(Fact.Ownership.OURS, className, facts))
        .status(GatewayStatuses.status(object, gatewayProblems, listeners, served, inputs))
        .build();
  }

  private static List<ListenerCheck> checkListeners(
      ResourceKey key, Gateway object, Inputs inputs) {
    List<Listener> listeners = orEmpty(object.getSpec().getListeners());
    Map<String, String> conflicts = ListenerConflicts.find(listeners);
    List<ListenerCheck> checked = new ArrayList<>();
    for (int i = 0; i < listeners.size(); i++) {
      checked.add(
          ListenerCheck.of(
              key,
              "spec.listeners[" + i + "]",
              listeners.get(i),
              conflicts.getOrDefault(listeners.get(i).getName(), ""),
              object.getSpec().getTls() != null && object.getSpec().getTls().getFrontend() != null,
              inputs));
    }
    return checked;
  }

  private static void claimCertificates(
      List<ListenerCheck> listeners, Inputs inputs, Translation.Builder result) {
    for (ListenerCheck listener : listeners) {
      if (listener.servable()) {
        for (ResourceKey secret : listener.certificates()) {
          result.claim(secret, new Claim.UsesCertificate());
          result.waitUnless(inputs.fact(secret, Fact.SecretFact.class).published());
        }
      }
    }
  }

  private static AddressClaim addressClaim(
      String name, Gateway object, List<ListenerCheck> listeners) {
    return new AddressClaim(
        name,
        createdMillis(object),
        orEmpty(object.getSpec().getAddresses()).stream()
            .map(GatewaySpecAddress::getValue)
            .filter(value -> value != null && !value.isEmpty())
            .toList(),
        listeners.stream()
            .filter(ListenerCheck::servable)
            .map(
                listener ->
                    new AddressClaim.Port(
                        listener.name(), listener.port(), listener.protocol(), listener.hostname()))
            .toList(),
        infrastructure(object));
  }

  private static AddressClaim.Infrastructure infrastructure(Gateway object) {
    GatewayInfrastructure wanted = object.getSpec().getInfrastructure();
    String uid = object.getMetadata().getUid();
    return new AddressClaim.Infrastructure(
        uid == null ? "" : uid,
        object.getSpec().getGatewayClassName(),
        wanted == null || wanted.getLabels() == null ? Map.of() : wanted.getLabels(),
        wanted == null || wanted.getAnnotations() == null ? Map.of() : wanted.getAnnotations());
  }

  /** What is wrong with the Gateway as a whole; errors keep it from being served. */
  private static List<Problem> gatewayProblems(Gateway object) {
    List<Problem> problems = new ArrayList<>();
    List<GatewaySpecAddress> addresses = orEmpty(object.getSpec().getAddresses());
    for (int i = 0; i < addresses.size(); i++) {
      GatewaySpecAddress address = addresses.get(i);
      String path = "spec.addresses[" + i + "]";
      if (address.getType() != null && !address.getType().equals("IPAddress")) {
        problems.add(Problem.error(path + ".type", address.getType() + " (expected IPAddress)"));
      } else if (address.getValue() != null
          && !address.getValue().isEmpty()
          && !isIpAddress(address.getValue())) {
        problems.add(
            Problem.error(path + ".value", address.getValue() + " (expected an IP address)"));
      }
    }
    if (object.getSpec().getInfrastructure() != null
        && object.getSpec().getInfrastructure().getParametersRef() != null) {
      problems.add(
          Problem.error(
              "spec.infrastructure.parametersRef",
              object.getSpec().getInfrastructure().getParametersRef().getName()
                  + " (expected none: this controller takes no parameters)"));
    }
    if (object.getSpec().getTls() != null && object.getSpec().getTls().getBackend() != null) {
      problems.add(
          Problem.warning(
              "spec.tls.backend", "client certificates towards backends are not served yet"));
    }
    if (object.getSpec().getAllowedListeners() != null) {
      problems.add(Problem.warning("spec.allowedListeners", "ListenerSets are not served yet"));
    }
    return problems;
  }

  static boolean isIpAddress(String value) {
    try {
      return InetAddress.ofLiteral(value) != null;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** Listeners of one Gateway that exclude each other, by name with the reason. */
  static final class ListenerConflicts {
    private ListenerConflicts() {}

    /**
     * None of the listeners in a conflict wins (Gateway API, {@code Gateway.spec.listeners}).
     *
     * @return ProtocolConflict or HostnameConflict by listener name
     */
    static Map<String, String> find(List<Listener> listeners) {
      Map<String, String> conflicts = new HashMap<>();
      for (int i = 0; i < listeners.size(); i++) {
        Listener a = listeners.get(i);
        for (int j = 0; j < listeners.size(); j++) {
          Listener b = listeners.get(j);
          if (i == j || !a.getPort().equals(b.getPort()) || isUdp(a) != isUdp(b)) {
            continue;
          }
          if (!opening(a).equals(opening(b))) {
            conflicts.put(a.getName(), "ProtocolConflict");
          } else if (Hostnames.normal(a.getHostname()).equals(Hostnames.normal(b.getHostname()))) {
            conflicts.putIfAbsent(a.getName(), "HostnameConflict");
          }
        }
      }
      return conflicts;
    }

    /** HTTPS and TLS both begin with a server name, which tells them apart on one port. */
    private static String opening(Listener listener) {
      return "HTTPS".equals(listener.getProtocol()) ? "TLS" : listener.getProtocol();
    }

    private static boolean isUdp(Listener listener) {
      return "UDP".equals(listener.getProtocol());
    }
  }
}
