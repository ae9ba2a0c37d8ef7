package dev.nantian.gateway.control.translate;

import static dev.nantian.gateway.control.translate.Conditions.createdMillis;
import static dev.nantian.gateway.control.translate.Conditions.orEmpty;

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
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
    dependencies.addAll(ListenerCheck.dependencies(key, orEmpty(object.getSpec().getListeners())));
    dependencies.addAll(FrontendValidation.dependencies(key, object));
    dependencies.addAll(BackendClientCertificate.dependencies(key, object));
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
      return result.fact(Fact.GatewayFact.none(Fact.Ownership.NOT_OURS, className)).build();
    }
    List<Problem> gatewayProblems = gatewayProblems(object);
    result.problems(gatewayProblems);
    boolean gatewayValid =
        gatewayProblems.stream()
            .noneMatch(problem -> problem.severity() == Diagnostic.Severity.ERROR);
    FrontendValidation frontend = FrontendValidation.of(key, object, inputs);
    result.problems(frontend.problems());
    BackendClientCertificate clientCertificate = BackendClientCertificate.of(key, object, inputs);
    clientCertificate.problem().ifPresent(result::problem);
    List<ListenerCheck> listeners = checkListeners(key, object, frontend, inputs);
    listeners.forEach(listener -> result.problems(listener.problems()));
    AttachedListenerSets sets = AttachedListenerSets.of(key, object, listeners, frontend, inputs);
    String name = key.namespace() + "/" + key.name();
    dev.nantian.gateway.protocol.config.v1.Gateway.Builder message =
        dev.nantian.gateway.protocol.config.v1.Gateway.newBuilder()
            .setName(name)
            .setCreatedMillis(createdMillis(object));
    if (gatewayValid) {
      result.addressClaim(addressClaim(name, object, listeners, sets));
      claimCertificates(listeners, inputs, result);
      clientCertificate
          .secret()
          .ifPresent(
              secret -> {
                result.claim(secret, new Claim.UsesCertificate());
                result.waitUnless(inputs.fact(secret, Fact.SecretFact.class).published());
                message.setBackendClientCertificate(secret.namespace() + "/" + secret.name());
              });
      result.waitUnless(inputs.address().isPresent());
    }
    Set<String> served = new HashSet<>();
    List<Fact.ListenerFact> facts = new ArrayList<>();
    for (ListenerCheck listener : listeners) {
      boolean serves = gatewayValid && listener.servable() && hasPlace(listener.name(), inputs);
      if (serves) {
        serve(listener.message(), inputs, message, served);
      }
      Optional<String> refused = refusal(listener.name(), inputs);
      if (refused.isPresent()) {
        result.problem(Problem.error(listener.path() + ".port", refused.get()));
      }
      facts.add(listener.fact(listener.name(), serves, inputs.claims()));
    }
    for (AttachedListenerSets.Added added : sets.listeners()) {
      if (gatewayValid && added.servable() && hasPlace(added.id(), inputs)) {
        serve(added.message(), inputs, message, served);
      }
    }
    inputs.address().ifPresent(address -> message.addAllAddresses(address.bind()));
    if (!served.isEmpty()) {
      result.resource(new ResourceId(ResourceType.GATEWAY, name), message.build());
    }
    String refusal =
        gatewayProblems.stream()
            .filter(problem -> problem.severity() == Diagnostic.Severity.ERROR)
            .map(Problem::inMessage)
            .findFirst()
            .orElse("");
    return result
        .fact(
            new Fact.GatewayFact(
                Fact.Ownership.OURS,
                className,
                facts,
                sets.verdicts(refusal, added -> verdict(added, served, inputs))))
        .status(
            GatewayStatuses.status(
                object,
                gatewayProblems,
                listeners,
                served,
                clientCertificate,
                frontend,
                sets.accepted(),
                inputs))
        .build();
  }

  private static void serve(
      dev.nantian.gateway.protocol.config.v1.Listener listener,
      Inputs inputs,
      dev.nantian.gateway.protocol.config.v1.Gateway.Builder message,
      Set<String> served) {
    int bindPort =
        inputs
            .address()
            .map(address -> address.bindPorts().getOrDefault(listener.getName(), 0))
            .orElse(0);
    message.addListeners(listener.toBuilder().setBindPort(bindPort));
    served.add(listener.getName());
  }

  /** Whether the address plan has a place for a listener. */
  private static boolean hasPlace(String listener, Inputs inputs) {
    return inputs.address().isPresent()
        && refusal(listener, inputs).isEmpty()
        && !inputs.address().get().waiting().contains(listener);
  }

  private static Optional<String> refusal(String listener, Inputs inputs) {
    return inputs.address().map(address -> address.refused().get(listener));
  }

  private static Fact.ListenerVerdict verdict(
      AttachedListenerSets.Added added, Set<String> served, Inputs inputs) {
    GatewayStatuses.Liveness liveness = GatewayStatuses.liveness(inputs.programming());
    boolean serves = served.contains(added.id());
    Optional<String> noPlace = refusal(added.id(), inputs);
    String message =
        added.conflict().isEmpty()
            ? added.refusal().map(Refusal::message).orElse("")
            : "another listener of the Gateway with precedence has "
                + (added.conflict().equals("ProtocolConflict")
                    ? "another protocol on port " + added.offer().port()
                    : "the same hostname on port " + added.offer().port());
    return new Fact.ListenerVerdict(
        added.conflict(),
        added.refusal().map(Refusal::reason).orElse(""),
        message,
        serves,
        serves && liveness.live(),
        serves ? liveness.reason() : noPlace.isPresent() ? "AddressNotUsable" : "Pending",
        serves ? liveness.message() : noPlace.orElse("not in the configuration yet"));
  }

  private static List<ListenerCheck> checkListeners(
      ResourceKey key, Gateway object, FrontendValidation frontend, Inputs inputs) {
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
              frontend.of(listeners.get(i).getPort()),
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
      String name, Gateway object, List<ListenerCheck> listeners, AttachedListenerSets sets) {
    List<AddressClaim.Port> ports = new ArrayList<>();
    for (ListenerCheck listener : listeners) {
      if (listener.servable()) {
        ports.add(
            new AddressClaim.Port(
                listener.name(), listener.port(), listener.protocol(), listener.hostname()));
      }
    }
    for (AttachedListenerSets.Added added : sets.listeners()) {
      if (added.accepted()) {
        ports.add(
            new AddressClaim.Port(
                added.id(),
                added.offer().port(),
                added.offer().protocol(),
                added.offer().hostname()));
      }
    }
    return new AddressClaim(
        name,
        createdMillis(object),
        orEmpty(object.getSpec().getAddresses()).stream()
            .map(GatewaySpecAddress::getValue)
            .filter(value -> value != null && !value.isEmpty())
            .toList(),
        ports,
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
    return problems;
  }

  static boolean isIpAddress(String value) {
    try {
      return InetAddress.ofLiteral(value) != null;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
