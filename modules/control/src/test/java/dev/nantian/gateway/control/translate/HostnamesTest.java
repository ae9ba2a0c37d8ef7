package dev.nantian.gateway.control.translate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HostnamesTest {

  @ParameterizedTest
  @CsvSource({
    "'',            a.example,     a.example",
    "a.example,     '',            a.example",
    "a.example,     a.example,     a.example",
    "*.example,     a.example,     a.example",
    "*.example,     a.b.example,   a.b.example",
    "a.example,     *.example,     a.example",
    "*.example,     *.a.example,   *.a.example",
    "*.a.example,   *.example,     *.a.example",
    "*.example,     example,       ",
    "*.example,     notexample,    ",
    "a.example,     b.example,     ",
    "*.a.example,   *.b.example,   ",
  })
  void theMoreSpecificOfTwoHostnamesThatMeet(String a, String b, String expected) {
    Optional<String> common = Hostnames.intersect(a, b);

    assertThat(common).isEqualTo(Optional.ofNullable(expected));
  }

  @Property
  void aNameBelongsToTheIntersectionIfItBelongsToBoth(
      @ForAll("hostnames") String a, @ForAll("hostnames") String b, @ForAll("names") String name) {
    Optional<String> common = Hostnames.intersect(a, b);

    assertThat(common.map(hostname -> holds(hostname, name)).orElse(false))
        .isEqualTo(holds(a, name) && holds(b, name));
  }

  @Property
  void theOrderDoesNotMatter(@ForAll("hostnames") String a, @ForAll("hostnames") String b) {
    assertThat(Hostnames.intersect(a, b)).isEqualTo(Hostnames.intersect(b, a));
  }

  @Property
  void aRouteWithoutHostnamesTakesTheListeners(@ForAll("hostnames") String listener) {
    assertThat(Hostnames.intersect(listener, List.of())).containsExactly(listener);
  }

  // Stated by labels, unlike the code under test.
  private static boolean holds(String hostname, String name) {
    if (hostname.isEmpty()) {
      return true;
    }
    List<String> pattern = List.of(hostname.split("\\."));
    List<String> labels = List.of(name.split("\\."));
    if (!pattern.getFirst().equals("*")) {
      return pattern.equals(labels);
    }
    List<String> suffix = pattern.subList(1, pattern.size());
    return labels.size() > suffix.size()
        && labels.subList(labels.size() - suffix.size(), labels.size()).equals(suffix);
  }

  @Provide
  Arbitrary<String> names() {
    return Arbitraries.of("a", "b", "ab").list().ofMinSize(1).ofMaxSize(4).map(HostnamesTest::join);
  }

  @Provide
  Arbitrary<String> hostnames() {
    return Arbitraries.oneOf(names(), names().map(name -> "*." + name), Arbitraries.just(""));
  }

  private static String join(List<String> labels) {
    return String.join(".", labels);
  }
}
