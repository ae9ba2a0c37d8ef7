package dev.nantian.gateway.control.kubernetes.event;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.nantian.gateway.control.kubernetes.event.ConditionChanges.Change;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConditionChangesTest {
  private static final String OURS = "gateway.nantian.dev/controller";

  @Test
  void whatTurnsBadIsAWarningWithTheReasonOfTheCondition() {
    assertThat(
            changes(
                "{'conditions':[{'type':'Accepted','status':'True','reason':'Accepted'}]}",
                "{'conditions':[{'type':'Accepted','status':'False','reason':'Invalid','message':'port 0'}]}"))
        .containsExactly(new Change(true, "Invalid", "port 0"));
  }

  @Test
  void theSameConditionInOtherWordsIsNoNews() {
    assertThat(
            changes(
                "{'conditions':[{'type':'Accepted','status':'False','reason':'Invalid','message':'a'}]}",
                "{'conditions':[{'type':'Accepted','status':'False','reason':'Invalid','message':'b'}]}"))
        .isEmpty();
  }

  @Test
  void theFirstSuccessIsSaidAndWhatIsUnderWayIsNot() {
    assertThat(
            changes(
                "{}",
                "{'conditions':[{'type':'Accepted','status':'True','reason':'Accepted','message':'fine'},"
                    + "{'type':'Programmed','status':'False','reason':'Pending'}]}"))
        .containsExactly(new Change(false, "Accepted", "fine"));
  }

  @Test
  void listenersAndParentsAreNamedAndOtherControllersPassedOver() {
    assertThat(
            changes(
                "{}",
                "{'listeners':[{'name':'web','conditions':[{'type':'ResolvedRefs','status':'False',"
                    + "'reason':'InvalidCertificateRef','message':'no Secret'}]}],"
                    + "'parents':[{'controllerName':'other','conditions':[{'type':'Accepted','status':'False',"
                    + "'reason':'X'}]},{'controllerName':'"
                    + OURS
                    + "','parentRef':{'name':'front','namespace':'shop','sectionName':'web'},"
                    + "'conditions':[{'type':'ResolvedRefs','status':'False','reason':'BackendNotFound',"
                    + "'message':'cart'}]}]}"))
        .containsExactly(
            new Change(true, "InvalidCertificateRef", "listener web: no Secret"),
            new Change(true, "BackendNotFound", "Gateway shop/front listener web: cart"));
  }

  @Test
  void conditionsThatAreBadWhenTrue() {
    assertThat(
            changes(
                "{}",
                "{'conditions':[{'type':'PartiallyInvalid','status':'True','reason':'UnsupportedValue'},"
                    + "{'type':'Conflicted','status':'False','reason':'NoConflicts'}]}"))
        .extracting(Change::reason)
        .containsExactly("UnsupportedValue");
  }

  private static List<Change> changes(String before, String after) {
    return ConditionChanges.between(tree(before), tree(after), OURS);
  }

  private static JsonNode tree(String json) {
    try {
      return new ObjectMapper().readTree(json.replace('\'', '"'));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
