package dev.nantian.gateway.echo;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PathControlsTest {

  @Test
  void controlsCombineAnywhereInThePath() {
    PathControls controls = PathControls.of("/shop/delay/200ms/status/503/bytes/16384");

    assertThat(controls.delay()).contains(Duration.ofMillis(200));
    assertThat(controls.status()).hasValue(503);
    assertThat(controls.bytes()).hasValue(16_384);
    assertThat(controls.ticks()).isEmpty();
  }

  @Test
  void streamHasADefaultCountAndPace() {
    PathControls controls = PathControls.of("/stream");

    assertThat(controls.ticks()).hasValue(10);
    assertThat(controls.every()).isEqualTo(Duration.ofMillis(100));
  }

  @Test
  void streamTakesACountAndAPace() {
    PathControls controls = PathControls.of("/stream/50/every/20ms");

    assertThat(controls.ticks()).hasValue(50);
    assertThat(controls.every()).isEqualTo(Duration.ofMillis(20));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "",
        "/orders/status",
        "/status/ok",
        "/status/99",
        "/status/600",
        "/status/99999999999999999999",
        "/delay/soon",
        "/delay/-1s",
        "/bytes/-1",
        "/bytes/1k",
        "/everybody",
        "//status//503"
      })
  void whatDoesNotParseIsNoControl(String path) {
    assertThat(PathControls.of(path)).isEqualTo(PathControls.of("/nothing"));
  }
}
