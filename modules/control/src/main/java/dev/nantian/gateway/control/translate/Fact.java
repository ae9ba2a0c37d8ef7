package dev.nantian.gateway.control.translate;

import dev.nantian.gateway.control.source.Kind;
import io.fabric8.kubernetes.api.model.LabelSelector;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * What other objects may know of an object. A dependant is translated again when a fact changes,
 * not when the object does.
 */
public sealed interface Fact {

  /** Of a kind that nobody depends on, or of an object that does not exist. */
  record None() implements Fact {}

  /** Of the absence of a fact. */
  None NONE = new None();

  /**
   * @param exists false: nothing has this name
   * @param ours its controllerName is ours and it is accepted
   */
  record ClassFact(boolean exists, boolean ours) implements Fact {}

  /** Whether a Gateway is served by this controller. */
  enum Ownership {
    ABSENT,
    /** Its class does not exist, or belongs to another controller. */
    NOT_OURS,
    OURS
  }

  /**
   * @param gatewayClass name of its class, for messages
   */
  record GatewayFact(Ownership ownership, String gatewayClass, List<ListenerFact> listeners)
      implements Fact {
    public static final GatewayFact ABSENT = new GatewayFact(Ownership.ABSENT, "", List.of());

    public GatewayFact {
      listeners = List.copyOf(listeners);
    }
  }

  /**
   * A listener as routes see it.
   *
   * @param hostname lower case; empty for every hostname
   * @param kinds of route that may attach
   * @param from All, Same, Selector or None
   * @param selector of namespaces' labels, with {@code Selector}
   * @param served it is in the configuration
   */
  record ListenerFact(
      String name,
      int port,
      String hostname,
      Set<Kind> kinds,
      String from,
      @Nullable LabelSelector selector,
      boolean served)
      implements Fact {
    public ListenerFact {
      kinds = Set.copyOf(kinds);
    }
  }

  /**
   * @param labels with {@code kubernetes.io/metadata.name}, which the API server adds
   * @param grants of all ReferenceGrants in the namespace
   */
  record NamespaceFact(SortedMap<String, String> labels, List<Grant> grants) implements Fact {
    public NamespaceFact {
      grants = List.copyOf(grants);
    }

    /** Whether an object of another namespace may refer to one in this namespace. */
    public boolean permits(
        String fromGroup,
        String fromKind,
        String fromNamespace,
        String toGroup,
        String toKind,
        String toName) {
      return grants.stream()
          .anyMatch(
              grant ->
                  grant.fromGroup().equals(fromGroup)
                      && grant.fromKind().equals(fromKind)
                      && grant.fromNamespace().equals(fromNamespace)
                      && grant.toGroup().equals(toGroup)
                      && grant.toKind().equals(toKind)
                      && (grant.toName().isEmpty() || grant.toName().equals(toName)));
    }
  }

  /**
   * One pair of from and to of a ReferenceGrant.
   *
   * @param toName empty for every object of the kind
   */
  record Grant(
      String fromGroup,
      String fromKind,
      String fromNamespace,
      String toGroup,
      String toKind,
      String toName) {}

  /**
   * @param published it is in the configuration, with its endpoints
   * @param external it is of type ExternalName
   */
  record ServiceFact(
      boolean exists, boolean published, boolean external, Map<Integer, PortFact> ports)
      implements Fact {
    public static final ServiceFact ABSENT = new ServiceFact(false, false, false, Map.of());

    public ServiceFact {
      ports = Map.copyOf(ports);
    }
  }

  /**
   * A port of a Service.
   *
   * <p>TCP and UDP may share a number: then it is both.
   *
   * @param notHttp why it cannot be used for HTTP: its protocol or appProtocol; empty if it can
   * @param tcp it is a TCP port
   * @param udp it is a UDP port
   */
  record PortFact(String notHttp, boolean tcp, boolean udp) {
    PortFact and(PortFact other) {
      return new PortFact(
          notHttp.isEmpty() ? notHttp : other.notHttp, tcp || other.tcp, udp || other.udp);
    }
  }

  /**
   * @param invalid what is wrong with it as a TLS certificate; empty if nothing
   * @param published it is in the configuration
   */
  record SecretFact(boolean exists, Optional<String> invalid, boolean published) implements Fact {
    public static final SecretFact ABSENT = new SecretFact(false, Optional.empty(), false);
  }
}
