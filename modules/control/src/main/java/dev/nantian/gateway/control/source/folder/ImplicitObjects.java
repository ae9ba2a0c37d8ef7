package dev.nantian.gateway.control.source.folder;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GatewayClass;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GatewayClassBuilder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

/** What a cluster would have given the objects of a folder, or would have beside them. */
final class ImplicitObjects {

  /** The controller name of this gateway in a GatewayClass. */
  static final String CONTROLLER = "gateway.nantian.dev/controller";

  /** The name of the GatewayClass that exists whether or not a file has it. */
  static final String CLASS_NAME = "nantian";

  /** The label that Kubernetes gives every Namespace, for selectors by name. */
  static final String NAME_LABEL = "kubernetes.io/metadata.name";

  /**
   * All objects that do not say when they were created are equally old, so that precedence falls to
   * their names.
   */
  static final String EPOCH = "1970-01-01T00:00:00Z";

  private ImplicitObjects() {}

  static Namespace namespace(String name) {
    Namespace namespace =
        new NamespaceBuilder().withNewMetadata().withName(name).endMetadata().build();
    completeMetadata(namespace);
    namespace.getMetadata().setGeneration(1L);
    return namespace;
  }

  static GatewayClass gatewayClass() {
    GatewayClass gatewayClass =
        new GatewayClassBuilder()
            .withNewMetadata()
            .withName(CLASS_NAME)
            .endMetadata()
            .withNewSpec()
            .withControllerName(CONTROLLER)
            .endSpec()
            .build();
    completeMetadata(gatewayClass);
    gatewayClass.getMetadata().setGeneration(1L);
    return gatewayClass;
  }

  /** Sets what an API server sets when an object is created, where the file does not. */
  static void completeMetadata(HasMetadata object) {
    ObjectMeta metadata = object.getMetadata();
    if (metadata.getCreationTimestamp() == null) {
      metadata.setCreationTimestamp(EPOCH);
    }
    if (metadata.getUid() == null) {
      String identity = object.getKind() + " " + metadata.getNamespace() + "/" + metadata.getName();
      metadata.setUid(UUID.nameUUIDFromBytes(identity.getBytes(StandardCharsets.UTF_8)).toString());
    }
    if (object instanceof Namespace) {
      Map<String, String> labels = new LinkedHashMap<>();
      if (metadata.getLabels() != null) {
        labels.putAll(metadata.getLabels());
      }
      labels.put(NAME_LABEL, metadata.getName());
      metadata.setLabels(labels);
    }
  }
}
