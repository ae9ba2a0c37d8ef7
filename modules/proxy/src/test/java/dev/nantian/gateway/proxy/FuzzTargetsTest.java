package dev.nantian.gateway.proxy;

import dev.nantian.gateway.proxy.http.PathFuzz;
import dev.nantian.gateway.proxy.http.RequestFuzz;
import dev.nantian.gateway.proxy.http.ResponseFuzz;
import dev.nantian.gateway.proxy.proxyprotocol.ProxyHeaderFuzz;
import dev.nantian.gateway.proxy.route.MatcherFuzz;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The targets of conformance/fuzz on their seeds, on what fuzzing found before, and on some
 * thousand blind mutations of these: a short look at each build. Jazzer looks longer.
 */
class FuzzTargetsTest {
  private static final Map<String, Consumer<byte[]>> TARGETS =
      new TreeMap<>(
          Map.of(
              "request", RequestFuzz::fuzzerTestOneInput,
              "response", ResponseFuzz::fuzzerTestOneInput,
              "path", PathFuzz::fuzzerTestOneInput,
              "proxyprotocol", ProxyHeaderFuzz::fuzzerTestOneInput,
              "matcher", MatcherFuzz::fuzzerTestOneInput));

  @TestFactory
  Stream<DynamicTest> seedsAndFindings() {
    return TARGETS.entrySet().stream()
        .map(
            target ->
                DynamicTest.dynamicTest(
                    target.getKey(), () -> seeds(target.getKey()).forEach(target.getValue())));
  }

  @TestFactory
  Stream<DynamicTest> mutations() {
    return TARGETS.entrySet().stream()
        .map(
            target ->
                DynamicTest.dynamicTest(
                    target.getKey(), () -> mutate(seeds(target.getKey()), target.getValue())));
  }

  private static void mutate(List<byte[]> seeds, Consumer<byte[]> target) {
    Random random = new Random(1);
    for (int i = 0; i < 4000; i++) {
      byte[] data = seeds.get(random.nextInt(seeds.size())).clone();
      for (int edits = random.nextInt(4); edits >= 0 && data.length > 0; edits--) {
        data[random.nextInt(data.length)] = (byte) random.nextInt(256);
      }
      target.accept(data);
    }
  }

  private static List<byte[]> seeds(String target) throws IOException {
    Path folder = Path.of("conformance/fuzz-seeds");
    Path all = Files.exists(folder) ? folder : Path.of("../..").resolve(folder);
    List<byte[]> seeds = new ArrayList<>();
    try (Stream<Path> files = Files.list(all.resolve(target))) {
      for (Path file : files.sorted().toList()) {
        seeds.add(Files.readAllBytes(file));
      }
    }
    if (target.equals("request")) {
      HostileCorpusIT.corpus().stream()
          .filter(c -> c.send().length() < 1000)
          .forEach(c -> seeds.add(c.send().getBytes(StandardCharsets.ISO_8859_1)));
    }
    return seeds;
  }
}
