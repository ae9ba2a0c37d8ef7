package dev.nantian.gateway.control.kubernetes.api;

import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import io.fabric8.kubernetes.api.model.HasMetadata;

/** Paths of the Kubernetes API (Kubernetes, "API concepts"). */
public final class ResourcePath {
  private ResourcePath() {}

  /**
   * The path of all objects of a kind in all namespaces.
   *
   * @param apiVersion one of the kind's
   */
  public static String all(Kind kind, String apiVersion) {
    return root(apiVersion) + "/" + plural(kind);
  }

  /** The path of one object, in the kind's preferred version. */
  public static String of(ResourceKey key) {
    return of(key, key.kind().apiVersions().getFirst());
  }

  /**
   * The path of one object.
   *
   * @param apiVersion one of the kind's
   */
  public static String of(ResourceKey key, String apiVersion) {
    return root(apiVersion)
        + (key.kind().namespaced() ? "/namespaces/" + key.namespace() : "")
        + "/"
        + plural(key.kind())
        + "/"
        + key.name();
  }

  /** The lower-case plural in which a kind stands in paths and roles. */
  public static String plural(Kind kind) {
    return HasMetadata.getPlural(kind.model());
  }

  private static String root(String apiVersion) {
    return (apiVersion.indexOf('/') < 0 ? "/api/" : "/apis/") + apiVersion;
  }
}
