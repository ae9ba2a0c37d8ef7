package dev.nantian.gateway.control.translate;

import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.LocalObjectReference;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.ObjectReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * CA certificates out of ConfigMaps, for those who verify certificates: listeners their clients',
 * BackendTLSPolicies their backends'.
 *
 * @param pem of all references that resolve, one after the other; empty if none does
 * @param refusal of the first reference that does not
 */
record CaCertificates(String pem, Optional<Refusal> refusal, List<Problem> problems) {

  /** A reference with its namespace. */
  record Reference(String group, String kind, String namespace, String name) {
    static Reference of(ResourceKey owner, ObjectReference reference) {
      return new Reference(
          Objects.requireNonNullElse(reference.getGroup(), ""),
          reference.getKind(),
          Objects.requireNonNullElse(reference.getNamespace(), owner.namespace()),
          reference.getName());
    }

    static Reference of(ResourceKey owner, LocalObjectReference reference) {
      return new Reference(
          Objects.requireNonNullElse(reference.getGroup(), ""),
          reference.getKind(),
          owner.namespace(),
          reference.getName());
    }

    boolean isConfigMap() {
      return group.isEmpty() && kind.equals("ConfigMap");
    }

    ResourceKey key() {
      return new ResourceKey(Kind.CONFIG_MAP, namespace, name);
    }
  }

  static Set<ResourceKey> dependencies(ResourceKey owner, List<Reference> references) {
    Set<ResourceKey> dependencies = new TreeSet<>();
    for (Reference reference : references) {
      if (reference.isConfigMap()) {
        dependencies.add(reference.key());
        if (!reference.namespace().equals(owner.namespace())) {
          dependencies.add(new ResourceKey(Kind.NAMESPACE, "", reference.namespace()));
        }
      }
    }
    return dependencies;
  }

  /**
   * Resolves references.
   *
   * @param path of the list
   * @param wrongKind reason if a reference is to another kind
   */
  static CaCertificates resolve(
      ResourceKey owner, String path, List<Reference> references, String wrongKind, Inputs inputs) {
    StringBuilder pem = new StringBuilder();
    Optional<Refusal> refusal = Optional.empty();
    List<Problem> problems = new ArrayList<>();
    for (int i = 0; i < references.size(); i++) {
      Reference reference = references.get(i);
      String at = path + "[" + i + "]";
      String reason = "InvalidCACertificateRef";
      Problem problem;
      if (!reference.isConfigMap()) {
        reason = wrongKind;
        problem =
            Problem.error(
                at + ".kind",
                reference.group()
                    + "/"
                    + reference.kind()
                    + " (expected a ConfigMap of the core group)");
      } else if (!permitted(owner, reference, inputs)) {
        reason = "RefNotPermitted";
        problem =
            Problem.error(
                at,
                reference.key()
                    + ": no ReferenceGrant in namespace "
                    + reference.namespace()
                    + " permits "
                    + owner.kind()
                    + "s of namespace "
                    + owner.namespace());
      } else {
        Fact.CaFact fact = inputs.fact(reference.key(), Fact.CaFact.class);
        if (!fact.exists()) {
          problem = Problem.error(at + ".name", reference.key() + " does not exist");
        } else if (fact.invalid().isPresent()) {
          problem = Problem.error(at + ".name", reference.key() + " " + fact.invalid().get());
        } else {
          pem.append(fact.pem().strip()).append('\n');
          continue;
        }
      }
      problems.add(problem);
      if (refusal.isEmpty()) {
        refusal = Optional.of(new Refusal(reason, problem.inMessage()));
      }
    }
    return new CaCertificates(pem.toString(), refusal, problems);
  }

  private static boolean permitted(ResourceKey owner, Reference reference, Inputs inputs) {
    return reference.namespace().equals(owner.namespace())
        || inputs
            .fact(
                new ResourceKey(Kind.NAMESPACE, "", reference.namespace()),
                Fact.NamespaceFact.class)
            .permits(
                Kind.GATEWAY_API,
                owner.kind().kindName(),
                owner.namespace(),
                "",
                Kind.CONFIG_MAP.kindName(),
                reference.name());
  }
}
