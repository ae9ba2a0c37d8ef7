package dev.nantian.gateway.control.source.folder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nantian.gateway.control.source.Diagnostic;
import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.Place;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.control.source.SourceEvent;
import dev.nantian.gateway.control.source.SourceException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The folder source against real files, changed the way editors, shells and Kubernetes change them.
 */
class FolderSourceIT {

  private static final FolderSource.Timing PATIENT =
      new FolderSource.Timing(Duration.ofMillis(2), Duration.ofMillis(50), Duration.ofHours(1));

  private final Path folder;
  private final RecordedEvents events = new RecordedEvents();
  private final FolderSource source;

  FolderSourceIT(@TempDir Path folder) {
    this.folder = folder;
    // Without the rescan, so that a test fails if the operating system's events are not enough.
    this.source = new FolderSource(folder, PATIENT);
  }

  @AfterEach
  void closeSource() {
    source.close();
  }

  @Test
  void whatIsThereIsAppliedInTheOrderOfReferencesAndThenSynced() throws IOException {
    write("b/routes.yaml", route("shop", "cart", 8080));
    write("a.yml", service("shop", "cart"));
    write(
        "list.json",
        "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":["
            + jsonConfigMap("one")
            + ","
            + jsonConfigMap("two")
            + "]}\n");
    write(".hidden.yaml", service("shop", "hidden"));
    write(".git/config.yaml", service("shop", "hidden2"));
    write("notes.txt", "not yaml: [");

    source.start(events);

    assertThat(events.textsUntil("synced"))
        .containsExactly(
            "applied Namespace default 1",
            "applied Namespace shop 1",
            "applied GatewayClass nantian 1",
            "applied ConfigMap default/one 1",
            "applied ConfigMap default/two 1",
            "applied Service shop/cart 1",
            "applied HTTPRoute shop/cart 1",
            "synced");
  }

  @Test
  void anEditIsANewGenerationWithItsNewPlaces() throws IOException {
    write("shop.yaml", route("shop", "cart", 8080));
    startAndSync();

    write("shop.yaml", "# moved down by one line\n" + route("shop", "cart", 8081));

    List<SourceEvent> seen = events.until(event -> event instanceof SourceEvent.Applied);
    assertThat(RecordedEvents.texts(seen)).containsExactly("applied HTTPRoute shop/cart 2");
    var applied = (SourceEvent.Applied) seen.getFirst();
    assertThat(applied.object().origin().at("spec.rules[0].backendRefs[0].port"))
        .contains(new Place("shop.yaml", 10, 7));
  }

  @Test
  void aFileRenamedOverIsAnEdit() throws IOException {
    write("shop.yaml", route("shop", "cart", 8080));
    startAndSync();
    Path temporary = write("shop.yaml.tmp", route("shop", "cart", 8081));

    Files.move(temporary, folder.resolve("shop.yaml"), StandardCopyOption.ATOMIC_MOVE);

    assertThat(events.textsUntil("applied HTTPRoute shop/cart 2")).hasSize(1);
  }

  @Test
  void anEditorThatMovesTheOldFileAwayFirstDeletesNothing() throws IOException {
    write("shop.yaml", route("shop", "cart", 8080));
    startAndSync();

    Files.move(folder.resolve("shop.yaml"), folder.resolve("shop.yaml~"));
    write("shop.yaml", route("shop", "cart", 8081));

    assertThat(events.textsUntil("applied HTTPRoute shop/cart 2")).hasSize(1);
  }

  @Test
  void aHalfWrittenFileDoesNoHarm() throws IOException {
    write("shop.yaml", service("shop", "one") + "---\n" + route("shop", "cart", 8080));
    startAndSync();

    try (OutputStream out = Files.newOutputStream(folder.resolve("shop.yaml"))) {
      out.write(service("shop", "one").getBytes(StandardCharsets.UTF_8));
      out.flush();
      write("other.yaml", service("shop", "while-writing"));
      events.textsUntil("applied Service shop/while-writing 1");
      out.write(("---\n" + route("shop", "cart", 8081)).getBytes(StandardCharsets.UTF_8));
    }

    assertThat(events.textsUntil("applied HTTPRoute shop/cart 2")).hasSize(1);
  }

  @Test
  void aFileThatStaysBrokenKeepsItsObjectsAndSaysWhere() throws IOException {
    write("shop.yaml", route("shop", "cart", 8080));
    startAndSync();

    write("shop.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: \"x\n");

    List<SourceEvent> seen = events.until(event -> event instanceof SourceEvent.Rejected);
    assertThat(RecordedEvents.texts(seen)).containsExactly("rejected shop.yaml");
    assertThat(((SourceEvent.Rejected) seen.getLast()).diagnostics())
        .extracting(Diagnostic::toString)
        .containsExactly(
            "shop.yaml:3: a quote is opened here and never closed (expected a closing quote)");
    assertThat(((SourceEvent.Rejected) seen.getLast()).kept())
        .containsExactly(new ResourceKey(Kind.HTTP_ROUTE, "shop", "cart"));
    write("shop.yaml", route("shop", "cart", 8081));
    assertThat(events.textsUntil("recovered shop.yaml"))
        .containsExactly("applied HTTPRoute shop/cart 2", "recovered shop.yaml");
  }

  @Test
  void aDeletedFileDeletesItsObjects() throws IOException {
    write("shop.yaml", route("shop", "cart", 8080));
    write("keep.yaml", service("keep", "one"));
    startAndSync();

    Files.delete(folder.resolve("shop.yaml"));

    assertThat(events.textsUntil("deleted Namespace shop"))
        .containsExactly("deleted HTTPRoute shop/cart", "deleted Namespace shop");
  }

  @Test
  void anEmptiedFileDeletesItsObjectsWhenItStaysEmpty() throws IOException {
    write("shop.yaml", service("shop", "one"));
    startAndSync();

    write("shop.yaml", "");

    assertThat(events.textsUntil("deleted Namespace shop"))
        .containsExactly("deleted Service shop/one", "deleted Namespace shop");
  }

  @Test
  void aFileMovedToAnotherNameMovesItsObjects() throws IOException {
    write("a.yaml", service("shop", "one"));
    startAndSync();

    Files.move(folder.resolve("a.yaml"), folder.resolve("b.yaml"));
    List<SourceEvent> seen = events.until(event -> event instanceof SourceEvent.Applied);

    assertThat(((SourceEvent.Applied) seen.getLast()).object().origin().at(""))
        .contains(new Place("b.yaml", 1, 1));
    assertThat(RecordedEvents.texts(seen)).doesNotContain("deleted Service shop/one");
  }

  @Test
  void aNewFolderAndAFileInItAreSeenAndGoWithIt() throws IOException {
    startAndSync();

    write("team/a/shop.yaml", service("shop", "one"));
    events.textsUntil("applied Service shop/one 1");
    Files.move(folder.resolve("team"), folder.resolve(".gone"));

    assertThat(events.textsUntil("deleted Namespace shop"))
        .containsExactly("deleted Service shop/one", "deleted Namespace shop");
  }

  @Test
  void aSymlinkSwapAsKubernetesMountsDoIsOneChange() throws IOException {
    write("..v1/shop.yaml", service("shop", "one") + "---\n" + route("shop", "cart", 8080));
    Files.createSymbolicLink(folder.resolve("..data"), Path.of("..v1"));
    Files.createSymbolicLink(folder.resolve("shop.yaml"), Path.of("..data/shop.yaml"));
    startAndSync();

    write("..v2/shop.yaml", service("shop", "one") + "---\n" + route("shop", "cart", 8081));
    Files.createSymbolicLink(folder.resolve("..data_tmp"), Path.of("..v2"));
    Files.move(
        folder.resolve("..data_tmp"), folder.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);

    assertThat(events.textsUntil("applied HTTPRoute shop/cart 2")).hasSize(1);
  }

  @Test
  void anObjectInTwoFilesBelongsToTheFirst() throws IOException {
    write("a.yaml", service("shop", "one"));
    startAndSync();

    write("b.yaml", "\n" + service("shop", "one"));

    List<SourceEvent> seen = events.until(event -> event instanceof SourceEvent.Rejected);
    assertThat(((SourceEvent.Rejected) seen.getLast()).diagnostics())
        .extracting(Diagnostic::toString)
        .containsExactly(
            "b.yaml:2: Service shop/one: already in a.yaml:1, which is in force (expected each object once)");
    Files.delete(folder.resolve("a.yaml"));
    assertThat(events.textsUntil("recovered b.yaml"))
        .containsExactly("applied Service shop/one 1", "recovered b.yaml");
  }

  @Test
  void aFolderThatGoesKeepsItsObjectsInForce() throws IOException {
    Path inner = Files.createDirectory(folder.resolve("inner"));
    Files.writeString(inner.resolve("a.yaml"), service("shop", "one"));
    try (FolderSource innerSource = new FolderSource(inner)) {
      innerSource.start(events);
      events.textsUntil("synced");

      Files.move(inner, folder.resolve("moved"));

      assertThat(events.textsUntil("rejected " + inner)).hasSize(1);
      Files.move(folder.resolve("moved"), inner);
      assertThat(events.textsUntil("recovered " + inner)).hasSize(1);
    }
  }

  @Test
  void aFolderThatIsNotThereIsOneClearLine() {
    FolderSource missing = new FolderSource(folder.resolve("missing"));

    assertThatThrownBy(() -> missing.start(events))
        .isInstanceOf(SourceException.class)
        .hasMessage(
            "folder "
                + folder.resolve("missing")
                + ": does not exist (expected a folder of YAML files)");
  }

  @Test
  void aLinkToNowhereIsPassedOver() throws IOException {
    write("a.yaml", service("shop", "one"));
    Files.createSymbolicLink(folder.resolve("dangling.yaml"), Path.of("nowhere.yaml"));
    Files.createSymbolicLink(folder.resolve("loop"), Path.of("."));

    source.start(events);

    assertThat(events.textsUntil("synced")).contains("applied Service shop/one 1");
  }

  private void startAndSync() {
    source.start(events);
    events.textsUntil("synced");
  }

  private Path write(String name, String text) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text);
  }

  private static String jsonConfigMap(String name) {
    return "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\""
        + name
        + "\"}}";
  }

  private static String service(String namespace, String name) {
    return """
    apiVersion: v1
    kind: Service
    metadata: {name: %s, namespace: %s}
    spec:
      ports: [{port: 8080}]
    """
        .formatted(name, namespace);
  }

  private static String route(String namespace, String name, int port) {
    return """
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: %s, namespace: %s}
    spec:
      parentRefs: [{name: public}]
      rules:
      - backendRefs:
        - name: cart
          port: %d
    """
        .formatted(name, namespace, port);
  }
}
