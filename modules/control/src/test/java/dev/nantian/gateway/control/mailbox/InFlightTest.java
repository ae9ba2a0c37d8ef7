package dev.nantian.gateway.control.mailbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class InFlightTest {
  private final InFlight inFlight = new InFlight();
  private final List<String> happened = new ArrayList<>();

  @Test
  void theLastStepComesAfterEverythingAndBeforeSettled() {
    inFlight.sent();
    var settled = inFlight.settled().thenRun(() -> happened.add("settled"));
    inFlight.atLast(
        () -> {
          happened.add("last step");
          inFlight.sent();
        });
    assertThat(happened).isEmpty();

    inFlight.handled();

    assertThat(happened).containsExactly("last step");
    inFlight.handled();
    assertThat(happened).containsExactly("last step", "settled");
    assertThat(settled).isCompleted();
  }

  @Test
  void aLastStepThatSendsNothingDoesNotHoldUp() {
    inFlight.sent();
    var settled = inFlight.settled();
    inFlight.atLast(() -> happened.add("last step"));

    inFlight.handled();

    assertThat(happened).containsExactly("last step");
    assertThat(settled).isCompleted();
  }
}
