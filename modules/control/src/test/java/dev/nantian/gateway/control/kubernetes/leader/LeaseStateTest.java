package dev.nantian.gateway.control.kubernetes.leader;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class LeaseStateTest {
  private static final Duration DURATION = Duration.ofSeconds(4);
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private final LeaseState state = new LeaseState("me", DURATION);

  @Test
  void aHolderThatRenewsIsLeftAlone() {
    state.seen("other", "1", 0);
    state.seen("other", "2", 3 * SECOND);

    assertThat(state.mayTake(6 * SECOND)).isFalse();
  }

  @Test
  void aHolderThatIsSilentForTheDurationHasLostIt() {
    state.seen("other", "1", 0);
    state.seen("other", "1", 3 * SECOND);

    assertThat(state.mayTake(4 * SECOND)).isTrue();
  }

  @Test
  void aLeaseThatWasLetGoMayBeTakenAtOnce() {
    state.seen("other", "1", 0);
    state.seen("", "2", SECOND);

    assertThat(state.mayTake(SECOND)).isTrue();
  }

  @Test
  void whoCannotRenewCeasesToLeadBeforeAnotherMayTakeIt() {
    state.taken("2", 0);

    assertThat(state.holds(4 * SECOND - 1)).isTrue();
    assertThat(state.holds(4 * SECOND)).isFalse();
  }

  @Test
  void whoSeesAnotherHolderCeasesToLeadAtOnce() {
    state.taken("2", 0);

    state.seen("other", "3", SECOND);

    assertThat(state.holds(SECOND)).isFalse();
  }
}
