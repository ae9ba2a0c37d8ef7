package dev.nantian.gateway.control.source.folder;

import com.fasterxml.jackson.databind.JsonNode;
import dev.nantian.gateway.control.source.Diagnostic;
import dev.nantian.gateway.control.source.Diagnostic.Severity;
import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.Origin;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.control.source.SourceEvent;
import dev.nantian.gateway.control.source.SourcedObject;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * All files of a folder merged into one set of objects. Changes of files go in, events come out; no
 * I/O, no clock. Not thread-safe.
 *
 * <p>A file <em>claims</em> the objects that are written in it, right or wrong. Of several files
 * that claim an object the first by name owns it. What the owner has written comes into force if it
 * is valid; if not, the last good version stays, whichever file it came from. An object goes when
 * no file claims it.
 *
 * <p>A change costs the size of the files that changed, however many others there are.
 */
final class FolderState {

  /**
   * Before it is used comes what it refers to, so that most objects find their references when they
   * are applied.
   */
  private static final List<Kind> APPLY_ORDER =
      List.of(
          Kind.NAMESPACE,
          Kind.GATEWAY_CLASS,
          Kind.REFERENCE_GRANT,
          Kind.SECRET,
          Kind.CONFIG_MAP,
          Kind.SERVICE,
          Kind.ENDPOINT_SLICE,
          Kind.BACKEND_TLS_POLICY,
          Kind.BACKEND_LB_POLICY,
          Kind.HTTP_FILTER,
          Kind.GATEWAY,
          Kind.LISTENER_SET,
          Kind.HTTP_ROUTE,
          Kind.GRPC_ROUTE,
          Kind.TLS_ROUTE,
          Kind.TCP_ROUTE,
          Kind.UDP_ROUTE);

  private static final Comparator<ResourceKey> APPLY_FIRST =
      Comparator.<ResourceKey>comparingInt(key -> APPLY_ORDER.indexOf(key.kind()))
          .thenComparing(Comparator.naturalOrder());

  private final Map<String, Manifest> files = new HashMap<>();
  private final Map<String, Diagnostic> unreadable = new HashMap<>();
  private final Map<String, Set<ResourceKey>> claimedBy = new HashMap<>();
  private final Map<ResourceKey, SortedMap<String, ManifestObject>> claims = new HashMap<>();
  private final Map<ResourceKey, InForce> inForce = new HashMap<>();
  private final Map<String, Integer> objectsInNamespace = new HashMap<>();
  private final Map<String, Said> said = new HashMap<>();

  /** What is to be said about a file, and which objects stay as they were in it. */
  private record Said(List<Diagnostic> diagnostics, Set<ResourceKey> kept) {
    private static final Said NOTHING = new Said(List.of(), Set.of());
  }

  /**
   * The version of an object that was last sent; content and metadata are null for one that no file
   * holds.
   */
  private record InForce(
      SourcedObject object, @Nullable JsonNode content, @Nullable JsonNode metadata) {}

  /** What one call of {@link #apply} did so far. */
  private static final class Outcome {
    final SortedMap<ResourceKey, SourcedObject> applied = new TreeMap<>(APPLY_FIRST);
    final SortedMap<ResourceKey, ResourceKey> deleted = new TreeMap<>(APPLY_FIRST.reversed());
    final Set<String> touchedFiles = new TreeSet<>();
  }

  /** The names of the files that are known, whether they could be read or not. */
  Set<String> fileNames() {
    Set<String> names = new HashSet<>(files.keySet());
    names.addAll(unreadable.keySet());
    return names;
  }

  /**
   * Whether applying these changes would take something away that was good: an object would go, or
   * a file that could be read no longer can. A file that is just being written looks so; the caller
   * may wait and look again.
   */
  Set<String> lossy(Map<String, FileChange> changes) {
    Set<ResourceKey> claimedAfter = new HashSet<>();
    for (FileChange change : changes.values()) {
      if (change instanceof FileChange.Read(Manifest manifest)) {
        manifest.objects().forEach(object -> claimedAfter.add(object.key()));
      }
    }
    Set<String> lossy = new HashSet<>();
    changes.forEach(
        (name, change) -> {
          if (change instanceof FileChange.Unreadable) {
            lossy.add(name);
            return;
          }
          boolean mayBeIncomplete =
              change instanceof FileChange.Read(Manifest manifest) && !manifest.complete();
          for (ResourceKey key : claimedBy.getOrDefault(name, Set.of())) {
            SortedMap<String, ManifestObject> claimants = claims.get(key);
            boolean onlyHere = claimants == null || claimants.size() == 1;
            if (mayBeIncomplete || (onlyHere && !claimedAfter.contains(key))) {
              lossy.add(name);
            }
          }
        });
    return lossy;
  }

  /** Takes in changes that belong together and says what follows from them. */
  List<SourceEvent> apply(Map<String, FileChange> changes) {
    Set<ResourceKey> affected = new HashSet<>();
    Outcome outcome = new Outcome();
    changes.forEach((name, change) -> take(name, change, affected));
    outcome.touchedFiles.addAll(changes.keySet());
    for (ResourceKey key : affected) {
      settle(key, outcome);
    }
    completeNamespaces(outcome, affected);
    completeGatewayClass(outcome);

    List<SourceEvent> events = new ArrayList<>();
    outcome.applied.values().forEach(object -> events.add(new SourceEvent.Applied(object)));
    outcome.deleted.keySet().forEach(key -> events.add(new SourceEvent.Deleted(key)));
    outcome.touchedFiles.forEach(file -> report(file, events));
    return events;
  }

  private void take(String name, FileChange change, Set<ResourceKey> affected) {
    Manifest after;
    switch (change) {
      case FileChange.Unreadable(Diagnostic why) -> {
        unreadable.put(name, why);
        return;
      }
      case FileChange.Read(Manifest manifest) -> after = manifest;
      case FileChange.Removed() -> after = Manifest.EMPTY;
    }
    unreadable.remove(name);
    if (change instanceof FileChange.Removed) {
      files.remove(name);
    } else {
      files.put(name, after);
    }
    Map<ResourceKey, ManifestObject> written = new LinkedHashMap<>();
    after.objects().forEach(object -> written.putIfAbsent(object.key(), object));
    Set<ResourceKey> claimed = claimedBy.computeIfAbsent(name, file -> new HashSet<>());
    if (after.complete()) {
      for (ResourceKey key : List.copyOf(claimed)) {
        SortedMap<String, ManifestObject> claimants = claims.get(key);
        if (!written.containsKey(key) && claimants != null) {
          claimants.remove(name);
          claimed.remove(key);
          affected.add(key);
        }
      }
    }
    claimed.addAll(written.keySet());
    if (claimed.isEmpty()) {
      claimedBy.remove(name);
    }
    written.forEach(
        (key, object) -> {
          claims.computeIfAbsent(key, k -> new TreeMap<>()).put(name, object);
          affected.add(key);
        });
  }

  /** Brings one object to what its owner has written. */
  private void settle(ResourceKey key, Outcome outcome) {
    SortedMap<String, ManifestObject> claimants = claims.get(key);
    if (claimants == null || claimants.isEmpty()) {
      claims.remove(key);
      withdraw(key, outcome);
      return;
    }
    // Who else claims it may have to say something else about it now.
    outcome.touchedFiles.addAll(claimants.keySet());
    ManifestObject owner = claimants.get(claimants.firstKey());
    if (owner instanceof ManifestObject.Valid valid) {
      putInForce(valid, outcome);
    }
  }

  private void putInForce(ManifestObject.Valid valid, Outcome outcome) {
    ResourceKey key = valid.key();
    InForce before = inForce.get(key);
    long generation = 1;
    if (before != null) {
      boolean asksTheSame = valid.content().equals(before.content);
      if (asksTheSame
          && valid.metadata().equals(before.metadata)
          && valid.origin().equals(before.object.origin())) {
        return;
      }
      generation = before.object.generation() + (asksTheSame ? 0 : 1);
    }
    SourcedObject object = new SourcedObject(key, valid.version(generation), valid.origin());
    if (before == null && key.kind().namespaced()) {
      objectsInNamespace.merge(key.namespace(), 1, Integer::sum);
    }
    inForce.put(key, new InForce(object, valid.content(), valid.metadata()));
    outcome.applied.put(key, object);
  }

  private void withdraw(ResourceKey key, Outcome outcome) {
    if (inForce.remove(key) == null) {
      return;
    }
    if (key.kind().namespaced()) {
      objectsInNamespace.computeIfPresent(
          key.namespace(), (namespace, count) -> count == 1 ? null : count - 1);
    }
    outcome.deleted.put(key, key);
  }

  /** A namespace that some object lives in exists, declared or not. */
  private void completeNamespaces(Outcome outcome, Set<ResourceKey> affected) {
    Set<String> names = new TreeSet<>();
    for (ResourceKey key : affected) {
      names.add(key.kind() == Kind.NAMESPACE ? key.name() : key.namespace());
    }
    names.remove("");
    for (String name : names) {
      ResourceKey key = new ResourceKey(Kind.NAMESPACE, "", name);
      complete(key, objectsInNamespace.containsKey(name), ImplicitObjects.namespace(name), outcome);
    }
  }

  /**
   * Our GatewayClass exists, declared or not: a class more in some file must take nothing from the
   * Gateways of the others.
   */
  private void completeGatewayClass(Outcome outcome) {
    ResourceKey key = new ResourceKey(Kind.GATEWAY_CLASS, "", ImplicitObjects.CLASS_NAME);
    complete(key, true, ImplicitObjects.gatewayClass(), outcome);
  }

  private void complete(ResourceKey key, boolean wanted, HasMetadata implicit, Outcome outcome) {
    InForce current = inForce.get(key);
    if (current != null && current.content != null) {
      return;
    }
    boolean present = current != null;
    if (wanted && !present) {
      SourcedObject object = new SourcedObject(key, implicit, Origin.none());
      inForce.put(key, new InForce(object, null, null));
      outcome.deleted.remove(key);
      outcome.applied.put(key, object);
    } else if (!wanted && present) {
      inForce.remove(key);
      outcome.deleted.put(key, key);
    }
  }

  private void report(String file, List<SourceEvent> events) {
    List<Diagnostic> now = diagnostics(file);
    Set<ResourceKey> kept = kept(file);
    Said present = new Said(now, kept);
    Said before = now.isEmpty() ? said.remove(file) : said.put(file, present);
    if (present.equals(before == null ? Said.NOTHING : before)) {
      return;
    }
    if (now.isEmpty()) {
      events.add(new SourceEvent.Recovered(file));
    } else if (now.stream().anyMatch(diagnostic -> diagnostic.severity() == Severity.ERROR)) {
      events.add(new SourceEvent.Rejected(file, now, kept));
    } else {
      events.add(new SourceEvent.Noticed(file, now));
    }
  }

  /** The objects in force of a file that can no longer be read. */
  private Set<ResourceKey> kept(String file) {
    Set<ResourceKey> kept = new HashSet<>();
    if (unreadable.containsKey(file)) {
      for (ResourceKey key : claimedBy.getOrDefault(file, Set.of())) {
        SortedMap<String, ManifestObject> claimants = claims.get(key);
        if (claimants != null && claimants.firstKey().equals(file) && inForce.containsKey(key)) {
          kept.add(key);
        }
      }
    }
    return kept;
  }

  /** All that is to be said about a file now, in the order of its lines. */
  private List<Diagnostic> diagnostics(String file) {
    Diagnostic why = unreadable.get(file);
    if (why != null) {
      return List.of(why);
    }
    Manifest manifest = files.get(file);
    if (manifest == null) {
      return List.of();
    }
    List<Diagnostic> all = new ArrayList<>(manifest.diagnostics());
    Map<ResourceKey, ManifestObject> seen = new HashMap<>();
    for (ManifestObject object : manifest.objects()) {
      all.addAll(object.diagnostics());
      ManifestObject first = seen.putIfAbsent(object.key(), object);
      if (first == null) {
        SortedMap<String, ManifestObject> claimants = claims.get(object.key());
        first = claimants == null ? object : claimants.get(claimants.firstKey());
      }
      if (first != object && first != null) {
        all.add(
            new Diagnostic(
                Severity.ERROR,
                object.key(),
                "",
                object.place(),
                "already in " + first.place() + ", which is in force (expected each object once)"));
      }
    }
    all.sort(
        Comparator.comparing(Diagnostic::place, Comparator.nullsFirst(Comparator.naturalOrder())));
    return List.copyOf(all);
  }
}
