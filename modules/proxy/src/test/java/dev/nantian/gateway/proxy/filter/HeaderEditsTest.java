package dev.nantian.gateway.proxy.filter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.proxy.http.HeaderName;
import dev.nantian.gateway.proxy.http.RequestHead;
import dev.nantian.gateway.proxy.route.Requests;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HeaderEditsTest {

  @Test
  void setReplacesAddAppendsRemoveIgnoresCase() {
    // Given
    RequestHead head =
        Requests.request(
            "GET", "a.example", "/", "X-Set: old", "x-set: older", "X-Add: one", "X-Remove: r");
    HeaderEdits edits =
        new HeaderEdits(
            List.of(
                new HeaderEdits.Step.Set(HeaderName.of("x-Set"), ascii("new")),
                new HeaderEdits.Step.Add(HeaderName.of("X-Add"), ascii("two")),
                new HeaderEdits.Step.Remove(HeaderName.of("x-remove"))));
    // When
    edits.applyTo(head);
    // Then
    assertThat(fields(head)).containsExactly("X-Add: one", "x-Set: new", "X-Add: two");
  }

  @Test
  void rewriteReplacesAuthorityAndHostField() {
    // Given
    RequestHead head = Requests.request("GET", "a.example", "/x", "Host: a.example:8080");
    // When
    new RewriteAction(ascii("one.example.org"), null).applyTo(head, 0);
    // Then
    assertThat(head.text(head.hostOffset(), head.hostLength())).isEqualTo("one.example.org");
    assertThat(head.authorityPort()).isEqualTo(-1);
    assertThat(fields(head)).containsExactly("Host: one.example.org");
  }

  private static List<String> fields(RequestHead head) {
    List<String> fields = new ArrayList<>();
    for (int slot = 0; slot < head.fieldCount(); slot++) {
      if (head.isPresent(slot)) {
        fields.add(
            head.text(head.nameOffset(slot), head.nameLength(slot))
                + ": "
                + head.text(head.valueOffset(slot), head.valueLength(slot)));
      }
    }
    return fields;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
