package dev.nantian.gateway.proxy.filter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.proxy.http.RequestHead;
import dev.nantian.gateway.proxy.route.Requests;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PathRewriteTest {

  /** The table of HTTPPathModifier.replacePrefixMatch, then our own edges. */
  @ParameterizedTest
  @CsvSource({
    "/foo/bar, /foo, /xyz, /xyz/bar",
    "/foo/bar, /foo, /xyz/, /xyz/bar",
    "/foo/bar, /foo/, /xyz, /xyz/bar",
    "/foo/bar, /foo/, /xyz/, /xyz/bar",
    "/foo, /foo, /xyz, /xyz",
    "/foo/, /foo, /xyz, /xyz/",
    "/foo/bar, /foo, '', /bar",
    "/foo/, /foo, '', /",
    "/foo, /foo, '', /",
    "/foo/, /foo, /, /",
    "/foo, /foo, /, /",
    "/foo, /, /xyz, /xyz/foo",
    "/foo, /, /, /foo",
    "/, /, /, /",
    "/foo//bar, /foo, /xyz, /xyz//bar",
    "/prefix/one/two, /prefix/one, /one, /one/two",
    "/strip-prefix/three, /strip-prefix, /, /three",
    "*, /, /xyz, *",
  })
  void prefixIsReplacedAsTheSpecificationsTableSays(
      String path, String prefix, String replacement, String expected) {
    // Given
    RequestHead head = Requests.request("GET", "a.example", path + "?q=1");
    int prefixLength = prefix.endsWith("/") ? prefix.length() - 1 : prefix.length();
    // When
    PathRewrite.prefix(replacement).applyTo(head, prefixLength);
    // Then
    assertThat(head.text(head.pathOffset(), head.pathLength())).isEqualTo(expected);
    assertThat(head.text(head.queryOffset(), head.queryLength())).isEqualTo("q=1");
  }

  @ParameterizedTest
  @CsvSource({"/full/one/two, /one, /one", "/a, '', /"})
  void fullPathIsReplaced(String path, String replacement, String expected) {
    // Given
    RequestHead head = Requests.request("GET", "a.example", path);
    // When
    PathRewrite.full(replacement).applyTo(head, -1);
    // Then
    assertThat(head.text(head.pathOffset(), head.pathLength())).isEqualTo(expected);
  }
}
