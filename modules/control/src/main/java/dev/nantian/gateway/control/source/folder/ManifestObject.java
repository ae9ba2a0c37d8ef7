package dev.nantian.gateway.control.source.folder;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.nantian.gateway.control.source.Diagnostic;
import dev.nantian.gateway.control.source.Origin;
import dev.nantian.gateway.control.source.Place;
import dev.nantian.gateway.control.source.ResourceKey;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** An object that a file claims: it is there, whether or not what is written is right. */
sealed interface ManifestObject {

  ResourceKey key();

  Place place();

  /** What is to be said about it; for an {@link Invalid} one at least one error. */
  List<Diagnostic> diagnostics();

  /**
   * An object that passed all checks.
   *
   * @param tree all of it, as it is to be in force; never changed
   */
  record Valid(
      ResourceKey key,
      Place place,
      ObjectNode tree,
      Origin origin,
      List<Diagnostic> diagnostics,
      Unissued unissued)
      implements ManifestObject {

    /** The instance that showed that the tree is readable, until somebody gets it. */
    static final class Unissued {
      private final AtomicReference<@Nullable HasMetadata> object;

      private Unissued(HasMetadata object) {
        this.object = new AtomicReference<>(object);
      }
    }

    private static final ObjectMapper MAPPER = new ObjectMapper();

    /**
     * What the user asks for: all but the metadata, to see whether another version asks for
     * something else.
     */
    JsonNode content() {
      return tree.deepCopy().without("metadata");
    }

    JsonNode metadata() {
      return tree.path("metadata");
    }

    /** A new instance of the object, so that no version that was handed out changes afterwards. */
    HasMetadata version(long generation) {
      try {
        HasMetadata first = unissued.object.getAndSet(null);
        HasMetadata object = first == null ? MAPPER.treeToValue(tree, key.kind().model()) : first;
        ImplicitObjects.completeMetadata(object);
        object.getMetadata().setGeneration(generation);
        return object;
      } catch (JsonProcessingException e) {
        throw new IllegalStateException(
            key + ": checked and still not readable as " + key.kind().model(), e);
      }
    }

    /** Reads the tree as an object of its kind; fails with what is wrong if it is none. */
    static Unissued read(ResourceKey key, ObjectNode tree) throws JsonProcessingException {
      return new Unissued(MAPPER.treeToValue(tree, key.kind().model()));
    }
  }

  /** An object that must not come into force as it is written. */
  record Invalid(ResourceKey key, Place place, List<Diagnostic> diagnostics)
      implements ManifestObject {}
}
