package dev.nantian.gateway.control.source.kubernetes;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The part of the Kubernetes API that lists and watches, on a real socket: pages of two objects,
 * watches that stay open, and the failures that a server can have.
 */
final class FakeApiServer implements AutoCloseable {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final int PAGE = 2;

  private final HttpServer server;
  private final Map<String, TreeMap<String, ObjectNode>> objects = new HashMap<>();
  private final Set<String> unknown = new HashSet<>();
  private final Set<String> forbidden = new HashSet<>();
  private final Map<String, List<OutputStream>> watches = new HashMap<>();
  private int version = 100;
  private boolean down;
  final AtomicInteger requests = new AtomicInteger();

  FakeApiServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::handle);
    server.start();
  }

  /** Writes a kubeconfig that leads here. */
  Path kubeconfig(Path folder) throws IOException {
    return Files.writeString(
        folder.resolve("kubeconfig"),
        """
        apiVersion: v1
        kind: Config
        clusters: [{name: fake, cluster: {server: "http://127.0.0.1:%d"}}]
        contexts: [{name: fake, context: {cluster: fake, user: me}}]
        current-context: fake
        users: [{name: me, user: {}}]
        """
            .formatted(server.getAddress().getPort()));
  }

  synchronized void put(String path, String name, String json) {
    ObjectNode object = tree(json);
    object
        .withObjectProperty("metadata")
        .put("name", name)
        .put("resourceVersion", String.valueOf(++version));
    boolean added = objects.computeIfAbsent(path, p -> new TreeMap<>()).put(name, object) == null;
    tell(path, added ? "ADDED" : "MODIFIED", object);
  }

  /** Changes an object without a word to those that watch. */
  synchronized void putSilently(String path, String name, String json) {
    List<OutputStream> kept = watches.remove(path);
    put(path, name, json);
    watches.put(path, kept == null ? new ArrayList<>() : kept);
  }

  synchronized void removeSilently(String path, String name) {
    objects.getOrDefault(path, new TreeMap<>()).remove(name);
  }

  synchronized void remove(String path, String name) {
    ObjectNode gone = objects.getOrDefault(path, new TreeMap<>()).remove(name);
    if (gone != null) {
      gone.withObjectProperty("metadata").put("resourceVersion", String.valueOf(++version));
      tell(path, "DELETED", gone);
    }
  }

  synchronized void unknown(String path) {
    unknown.add(path);
  }

  synchronized void install(String path) {
    unknown.remove(path);
  }

  /** Refuses to list and watch a kind. */
  synchronized void forbid(String path) {
    forbidden.add(path);
  }

  synchronized void permit(String path) {
    forbidden.remove(path);
  }

  /** Tells those that watch that their version is no longer kept. */
  synchronized void expire(String path) {
    ObjectNode status = MAPPER.createObjectNode().put("code", 410).put("reason", "Expired");
    tell(path, "ERROR", status);
  }

  /** From now on every request is refused, and watches break. */
  synchronized void down(boolean isDown) {
    down = isDown;
    if (isDown) {
      watches.values().forEach(open -> open.forEach(FakeApiServer::close));
      watches.clear();
    }
  }

  synchronized int watching(String path) {
    return watches.getOrDefault(path, List.of()).size();
  }

  private void tell(String path, String type, ObjectNode object) {
    ObjectNode event = MAPPER.createObjectNode().put("type", type);
    event.set("object", object);
    for (OutputStream out : watches.getOrDefault(path, List.of())) {
      try {
        out.write((event + "\n").getBytes(StandardCharsets.UTF_8));
        out.flush();
      } catch (IOException e) {
        close(out);
      }
    }
  }

  private void handle(HttpExchange exchange) throws IOException {
    requests.incrementAndGet();
    String path = exchange.getRequestURI().getPath();
    String query = String.valueOf(exchange.getRequestURI().getQuery());
    synchronized (this) {
      if (down) {
        answer(exchange, 503, "{\"message\":\"down\"}");
      } else if (unknown.contains(path)) {
        answer(exchange, 404, "{\"message\":\"the server could not find it\"}");
      } else if (forbidden.contains(path)) {
        answer(exchange, 403, "{\"message\":\"cannot list\"}");
      } else if (query.contains("watch=1")) {
        exchange.sendResponseHeaders(200, 0);
        exchange.getResponseBody().flush();
        watches.computeIfAbsent(path, p -> new ArrayList<>()).add(exchange.getResponseBody());
      } else {
        answer(exchange, 200, page(path, query).toString());
      }
    }
  }

  private ObjectNode page(String path, String query) {
    int from =
        query.contains("continue=")
            ? Integer.parseInt(query.replaceFirst(".*continue=(\\d+).*", "$1"))
            : 0;
    List<ObjectNode> all = List.copyOf(objects.getOrDefault(path, new TreeMap<>()).values());
    ObjectNode list = MAPPER.createObjectNode();
    ArrayNode items = list.putArray("items");
    all.stream().skip(from).limit(PAGE).forEach(items::add);
    ObjectNode metadata =
        list.putObject("metadata").put("resourceVersion", String.valueOf(version));
    if (from + PAGE < all.size()) {
      metadata.put("continue", String.valueOf(from + PAGE));
    }
    return list;
  }

  private static void answer(HttpExchange exchange, int code, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(code, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private static ObjectNode tree(String json) {
    try {
      return (ObjectNode) MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void close(OutputStream out) {
    try {
      out.close();
    } catch (IOException e) {
      // It is closed either way.
      return;
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
