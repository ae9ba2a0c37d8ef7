package dev.nantian.gateway.control.source;

import java.util.Comparator;

/**
 * The identity of an object among all that a source holds. It survives a change and a delete with
 * re-create.
 *
 * @param kind what it is
 * @param namespace where it lives; empty if and only if the kind is cluster-scoped
 * @param name its name, unique for the kind in the namespace
 */
public record ResourceKey(Kind kind, String namespace, String name)
    implements Comparable<ResourceKey> {

  private static final Comparator<ResourceKey> ORDER =
      Comparator.comparing(ResourceKey::kind)
          .thenComparing(ResourceKey::namespace)
          .thenComparing(ResourceKey::name);

  public ResourceKey {
    if (namespace.isEmpty() == kind.namespaced()) {
      throw new IllegalArgumentException(
          kind.namespaced()
              ? kind + " " + name + ": no namespace (expected one, the kind is namespaced)"
              : kind
                  + " "
                  + name
                  + ": namespace "
                  + namespace
                  + " (expected none, the kind is cluster-scoped)");
    }
    if (name.isEmpty()) {
      throw new IllegalArgumentException(kind + ": empty name (expected a name)");
    }
  }

  @Override
  public int compareTo(ResourceKey other) {
    return ORDER.compare(this, other);
  }

  /** As it is named in messages: {@code HTTPRoute shop/cart}, {@code GatewayClass nantian}. */
  @Override
  public String toString() {
    return kind + " " + (namespace.isEmpty() ? name : namespace + "/" + name);
  }
}
