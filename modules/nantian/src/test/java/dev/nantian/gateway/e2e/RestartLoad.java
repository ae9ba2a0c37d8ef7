package dev.nantian.gateway.e2e;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * Requests of each kind, one after the other, until it is stopped, by clients that repeat nothing:
 * whatever is refused, reset or not answered is a failure. A connection is left when it says so.
 */
final class RestartLoad {
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
  private static final int ENOUGH = 20;
  private static final long PAUSE_NANOS = 5_000_000;

  /** Opens a connection. */
  private interface Dialler {
    Socket dial() throws IOException;
  }

  private final AtomicBoolean on = new AtomicBoolean(true);
  private final Map<String, LongAdder> counts = new ConcurrentHashMap<>();
  private final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();
  private final List<Thread> clients = new ArrayList<>();

  RestartLoad(int http, int https, int tcp, Path certificate)
      throws IOException, GeneralSecurityException {
    SSLContext tls = trusting(certificate);
    Dialler plain = () -> new Socket(LOOPBACK, http);
    Dialler encrypted = () -> tls.getSocketFactory().createSocket(LOOPBACK, https);
    Dialler relayed = () -> new Socket(LOOPBACK, tcp);
    start("h1 kept", () -> connections("h1 kept", plain, Integer.MAX_VALUE));
    start("h1 new", () -> connections("h1 new", plain, 1));
    start("h1 tls kept", () -> connections("h1 tls kept", encrypted, Integer.MAX_VALUE));
    start("h1 tls new", () -> connections("h1 tls new", encrypted, 1));
    start("tcp new", () -> connections("tcp new", relayed, 1));
    start("h2 tls", () -> http2(tls, "https://localhost:" + https + "/"));
  }

  private static SSLContext trusting(Path certificate)
      throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (InputStream in = Files.newInputStream(certificate)) {
      store.setCertificateEntry(
          "demo", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }

  private void start(String kind, Runnable client) {
    counts.put(kind, new LongAdder());
    clients.add(Thread.ofPlatform().daemon().name(kind).start(client));
  }

  private void connections(String kind, Dialler dialler, int requests) {
    while (on.get()) {
      try (Socket socket = dialler.dial()) {
        socket.setSoTimeout(60_000);
        InputStream in = new BufferedInputStream(socket.getInputStream());
        boolean again = true;
        for (int i = 0; again && i < requests && on.get(); i++) {
          again = exchange(socket, in, "POST", "/" + i);
          count(kind);
        }
      } catch (IOException e) {
        failures.add(kind + ": " + e);
      }
    }
  }

  /** Java's client does not repeat a POST by itself. */
  private void http2(SSLContext tls, String url) {
    try (HttpClient client =
        HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).sslContext(tls).build()) {
      while (on.get()) {
        var request =
            HttpRequest.newBuilder(URI.create(url))
                .timeout(Duration.ofSeconds(60))
                .POST(HttpRequest.BodyPublishers.ofString("body"))
                .build();
        HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != 200 || response.version() != HttpClient.Version.HTTP_2) {
          failures.add("h2: " + response);
        }
        count("h2 tls");
      }
    } catch (IOException e) {
      failures.add("h2: " + e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      failures.add("h2: interrupted");
    }
  }

  private void count(String kind) {
    counts.getOrDefault(kind, new LongAdder()).increment();
    LockSupport.parkNanos(PAUSE_NANOS); // starting processes need the processors more
  }

  /** One request; true if the connection may be used again. Whatever is no 200 is an exception. */
  static boolean exchange(Socket socket, String method, String path) throws IOException {
    return exchange(socket, socket.getInputStream(), method, path);
  }

  private static boolean exchange(Socket socket, InputStream in, String method, String path)
      throws IOException {
    String body = method.equals("POST") ? "Content-Length: 4\r\n\r\nbody" : "\r\n";
    socket
        .getOutputStream()
        .write(
            (method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n" + body)
                .getBytes(StandardCharsets.US_ASCII));
    String head = head(in).toLowerCase(Locale.ROOT);
    if (!head.startsWith("http/1.1 200 ")) {
      throw new IOException("answer: " + head);
    }
    int at = head.indexOf("content-length: ");
    int length = Integer.parseInt(head.substring(at + 16, head.indexOf('\r', at)));
    if (in.readNBytes(length).length != length) {
      throw new IOException("the body ended early");
    }
    return !head.contains("connection: close");
  }

  private static String head(InputStream in) throws IOException {
    var bytes = new ByteArrayOutputStream();
    int matched = 0;
    while (matched < 4) {
      int next = in.read();
      if (next < 0) {
        throw new IOException("no answer, only '" + bytes + "'");
      }
      bytes.write(next);
      matched = next == "\r\n\r\n".charAt(matched) ? matched + 1 : next == '\r' ? 1 : 0;
    }
    return bytes.toString(StandardCharsets.ISO_8859_1);
  }

  /** Whether there were requests of each kind. */
  boolean isComplete() {
    return counts.values().stream().allMatch(count -> count.sum() >= ENOUGH);
  }

  /** Waits until each kind has gone on for a while. */
  void awaitMore(NantianProcess process) {
    Map<String, Long> before = counts();
    process.await(
        "serving all of the load on, failures: " + failures,
        () ->
            !failures.isEmpty()
                || counts.entrySet().stream()
                    .allMatch(
                        each ->
                            each.getValue().sum()
                                >= before.getOrDefault(each.getKey(), 0L) + ENOUGH));
  }

  Map<String, Long> counts() {
    Map<String, Long> now = new TreeMap<>();
    counts.forEach((kind, count) -> now.put(kind, count.sum()));
    return now;
  }

  List<String> failures() {
    return List.copyOf(failures);
  }

  /** Ends the load and gives every failure. */
  List<String> stop() throws InterruptedException {
    on.set(false);
    for (Thread client : clients) {
      client.join();
    }
    return failures();
  }
}
