package dev.nantian.gateway.control.translate;

import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.protocol.config.v1.ExtensionFilter;
import io.fabric8.kubernetes.api.model.LabelSelector;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
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
  record GatewayFact(
      Ownership ownership,
      String gatewayClass,
      List<ListenerFact> listeners,
      Map<ResourceKey, SetVerdict> sets)
      implements Fact {
    public static final GatewayFact ABSENT = none(Ownership.ABSENT, "");

    public GatewayFact {
      listeners = List.copyOf(listeners);
      sets = Map.copyOf(sets);
    }

    static GatewayFact none(Ownership ownership, String gatewayClass) {
      return new GatewayFact(ownership, gatewayClass, List.of(), Map.of());
    }
  }

  /**
   * What has become of a ListenerSet at its Gateway.
   *
   * @param allowed by the Gateway's allowedListeners
   * @param refusal why the Gateway itself is not accepted; empty if it is
   * @param listeners by name, if it is allowed
   */
  record SetVerdict(boolean allowed, String refusal, Map<String, ListenerVerdict> listeners) {
    public SetVerdict {
      listeners = Map.copyOf(listeners);
    }
  }

  /**
   * What has become of a listener of a ListenerSet.
   *
   * @param conflict ProtocolConflict or HostnameConflict; empty if none
   * @param reason why the Gateway does not accept it otherwise; empty if it does
   * @param message of conflict or reason
   * @param served it is in the configuration
   * @param live every proxy serves it
   * @param programmedReason of the condition Programmed
   */
  record ListenerVerdict(
      String conflict,
      String reason,
      String message,
      boolean served,
      boolean live,
      String programmedReason,
      String programmedMessage) {}

  /**
   * A listener as routes see it.
   *
   * @param name as a route's sectionName has it
   * @param id its name in the configuration, unique in the Gateway
   * @param hostname lower case; empty for every hostname
   * @param kinds kinds of route that may attach
   * @param from All, Same, Selector or None
   * @param selector of namespaces' labels, with {@code Selector}
   * @param served it is in the configuration
   * @param losers routes that it refuses though it allows them, for one that has precedence
   */
  record ListenerFact(
      String name,
      String id,
      int port,
      String hostname,
      Set<String> kinds,
      String from,
      @Nullable LabelSelector selector,
      boolean served,
      Map<ResourceKey, Loss> losers)
      implements Fact {
    public ListenerFact {
      losers = Map.copyOf(losers);
    }
  }

  /**
   * Why a route lost a listener.
   *
   * @param winner that has precedence
   * @param hostname of the loser, which the winner has or which meets one of the winner's; empty
   *     for every hostname
   */
  record Loss(ResourceKey winner, String hostname) {}

  /**
   * @param gateway empty if it names none that is ours
   */
  record ListenerSetFact(
      Ownership ownership, Optional<ResourceKey> gateway, List<ListenerFact> listeners)
      implements Fact {
    public static final ListenerSetFact ABSENT =
        new ListenerSetFact(Ownership.ABSENT, Optional.empty(), List.of());

    public ListenerSetFact {
      listeners = List.copyOf(listeners);
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
   * @param policies for the policies themselves; empty if there are none, so that routes need not
   *     be translated again for each other
   * @param trafficPolicy name of the BackendLBPolicy that is in force; empty for none
   */
  record ServiceFact(
      boolean exists,
      boolean published,
      boolean external,
      Map<Integer, PortFact> ports,
      PoliciesFact policies,
      String trafficPolicy)
      implements Fact {
    public static final ServiceFact ABSENT =
        new ServiceFact(false, false, false, Map.of(), PoliciesFact.NONE, "");

    public ServiceFact {
      ports = Map.copyOf(ports);
    }
  }

  /**
   * A port of a Service. TCP and UDP may share a number.
   *
   * @param notHttp why HTTP cannot be spoken to it, though it is a TCP port; empty if it can
   */
  record PortFact(boolean tcp, boolean udp, String notHttp) {
    PortFact and(PortFact other) {
      return new PortFact(tcp || other.tcp, udp || other.udp, tcp ? notHttp : other.notHttp);
    }
  }

  /**
   * @param pem of CA certificates
   * @param invalid what is wrong with it as such; empty if nothing
   * @param texts entries that somebody reads; an empty value: there is no such entry
   */
  record CaFact(
      boolean exists, String pem, Optional<String> invalid, Map<String, Optional<String>> texts)
      implements Fact {
    public static final CaFact ABSENT = new CaFact(false, "", Optional.empty(), Map.of());

    public CaFact {
      texts = Map.copyOf(texts);
    }
  }

  /**
   * @param refusal why it cannot be used; empty if it can
   * @param filter what routes that refer to it carry
   */
  record FilterFact(boolean exists, String refusal, ExtensionFilter filter) implements Fact {
    public static final FilterFact ABSENT =
        new FilterFact(false, "", ExtensionFilter.getDefaultInstance());
  }

  /**
   * The BackendTLSPolicies of a Service.
   *
   * @param gateways whose routes use the Service
   * @param overruled policies that lost to an older one for everything that they say
   */
  record PoliciesFact(SortedSet<ResourceKey> gateways, SortedSet<ResourceKey> overruled) {
    static final PoliciesFact NONE = new PoliciesFact(new TreeSet<>(), new TreeSet<>());
  }

  /**
   * @param invalid what is wrong with it as a TLS certificate; empty if nothing
   * @param published it is in the configuration
   * @param texts entries that somebody reads; an empty value: there is no such entry
   */
  record SecretFact(
      boolean exists,
      Optional<String> invalid,
      boolean published,
      Map<String, Optional<String>> texts)
      implements Fact {
    public static final SecretFact ABSENT =
        new SecretFact(false, Optional.empty(), false, Map.of());

    public SecretFact {
      texts = Map.copyOf(texts);
    }

    /** Never what it holds. */
    @Override
    public String toString() {
      return "SecretFact[exists=" + exists + ", published=" + published + "]";
    }
  }
}
