package dev.nantian.gateway.control.kubernetes.status;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class StatusMergeTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final StatusMerge merge = new StatusMerge("ours");

  @Test
  void entriesOfOtherControllersStayAndStayWhereTheyAre() {
    Optional<ObjectNode> patch =
        patch(
            """
            {"parents":[{"controllerName":"theirs","parentRef":{"name":"a"}},
                        {"controllerName":"ours","parentRef":{"name":"b"},"conditions":[]}]}""",
            """
            {"parents":[{"controllerName":"ours","parentRef":{"name":"c"}},
                        {"controllerName":"ours","parentRef":{"name":"b"},
                         "conditions":[{"type":"Accepted","status":"True"}]}]}""");

    assertThat(patch)
        .contains(
            tree(
                """
                {"parents":[{"controllerName":"theirs","parentRef":{"name":"a"}},
                            {"controllerName":"ours","parentRef":{"name":"b"},
                             "conditions":[{"type":"Accepted","status":"True"}]},
                            {"controllerName":"ours","parentRef":{"name":"c"}}]}"""));
  }

  @Test
  void entriesOfOursThatNoLongerHoldAreRemoved() {
    Optional<ObjectNode> patch =
        patch(
            """
            {"parents":[{"controllerName":"theirs","parentRef":{"name":"a"}},
                        {"controllerName":"ours","parentRef":{"name":"b"}}]}""",
            null);

    assertThat(patch)
        .contains(
            tree("{\"parents\":[{\"controllerName\":\"theirs\",\"parentRef\":{\"name\":\"a\"}}]}"));
  }

  @Test
  void aConditionThatSaysTheSameKeepsItsTimeSoARestartWritesNothing() {
    Optional<ObjectNode> patch =
        patch(
            """
            {"conditions":[{"type":"Accepted","status":"True","lastTransitionTime":"2026-01-01T00:00:00Z"}],
             "listeners":[{"name":"http","attachedRoutes":1,
               "conditions":[{"type":"Programmed","status":"True","lastTransitionTime":"2026-01-02T00:00:00Z"}]}]}""",
            """
            {"conditions":[{"type":"Accepted","status":"True","lastTransitionTime":"2026-05-05T00:00:00Z"}],
             "listeners":[{"name":"http","attachedRoutes":1,
               "conditions":[{"type":"Programmed","status":"True","lastTransitionTime":"2026-05-05T00:00:00Z"}]}]}""");

    assertThat(patch).isEmpty();
  }

  @Test
  void aConditionThatChangesGetsTheNewTime() {
    Optional<ObjectNode> patch =
        patch(
            "{\"conditions\":[{\"type\":\"Accepted\",\"status\":\"True\",\"lastTransitionTime\":\"1\"}]}",
            "{\"conditions\":[{\"type\":\"Accepted\",\"status\":\"False\",\"lastTransitionTime\":\"2\"}]}");

    assertThat(patch.orElseThrow().at("/conditions/0/lastTransitionTime").asText()).isEqualTo("2");
  }

  @Test
  void conditionsOfOthersOnAGatewayStay() {
    Optional<ObjectNode> patch =
        patch(
            "{\"conditions\":[{\"type\":\"example.com/Checked\",\"status\":\"True\"}]}",
            "{\"conditions\":[{\"type\":\"Accepted\",\"status\":\"True\"}]}");

    assertThat(patch.orElseThrow().at("/conditions/1/type").asText())
        .isEqualTo("example.com/Checked");
  }

  @Test
  void whatAGatewayNoLongerHasIsTakenAway() {
    Optional<ObjectNode> patch =
        patch(
            "{\"addresses\":[{\"value\":\"192.0.2.1\"}],\"conditions\":[]}",
            "{\"conditions\":[],\"listeners\":[]}");

    assertThat(patch).contains(tree("{\"addresses\":null}"));
  }

  @Test
  void aGatewayThatIsNotOursIsLeftAlone() {
    assertThat(patch("{\"conditions\":[{\"type\":\"Accepted\",\"status\":\"True\"}]}", null))
        .isEmpty();
  }

  private Optional<ObjectNode> patch(String present, @Nullable String wanted) {
    return merge.patch(tree(present), wanted == null ? null : tree(wanted));
  }

  private static ObjectNode tree(String json) {
    try {
      JsonNode node = MAPPER.readTree(json);
      return (ObjectNode) node;
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
