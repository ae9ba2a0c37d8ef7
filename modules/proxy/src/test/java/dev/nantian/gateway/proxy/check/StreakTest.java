package dev.nantian.gateway.proxy.check;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StreakTest {
  @Test
  void aVerdictChangesAfterEnoughResultsInARow() {
    Streak streak = new Streak();
    assertThat(streak.add(false, 3, 2)).isFalse();
    assertThat(streak.add(false, 3, 2)).isFalse();
    assertThat(streak.add(true, 3, 2)).isFalse();
    assertThat(streak.add(false, 3, 2)).isFalse();
    assertThat(streak.add(false, 3, 2)).isFalse();
    assertThat(streak.isUp()).isTrue();

    assertThat(streak.add(false, 3, 2)).isTrue();

    assertThat(streak.isUp()).isFalse();
    assertThat(streak.add(true, 3, 2)).isFalse();
    assertThat(streak.add(true, 3, 2)).isTrue();
    assertThat(streak.isUp()).isTrue();
  }
}
