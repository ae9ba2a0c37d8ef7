package dev.nantian.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nantian.gateway.proxy.http.PathRules;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class LimitOptionTest {
  @ParameterizedTest
  @EnumSource(LimitOption.class)
  void takesWhatItPrints(LimitOption option) {
    String value = option.value(DataPlaneSettings.DEFAULT);

    DataPlaneSettings same =
        LimitOption.apply(DataPlaneSettings.DEFAULT, Map.of(option.option(), value));

    assertThat(same).isEqualTo(DataPlaneSettings.DEFAULT);
  }

  @ParameterizedTest
  @EnumSource(LimitOption.class)
  void isInTheManualWithItsDefault(LimitOption option) throws IOException {
    Path manual = Path.of("docs/limits.md");
    if (!Files.exists(manual)) {
      manual = Path.of("../../docs/limits.md");
    }
    String row =
        Files.readAllLines(manual).stream()
            .filter(line -> line.startsWith("| `" + option.option() + "`"))
            .findFirst()
            .orElse("no row for " + option.option());

    assertThat(row).contains("| `" + option.value(DataPlaneSettings.DEFAULT) + "`");
  }

  @Test
  void changesOneValueAndLeavesTheRest() {
    DataPlaneSettings changed =
        LimitOption.apply(
            DataPlaneSettings.DEFAULT,
            Map.of("path-escaped-slash", "keep", "body-size", "10MiB", "head-timeout", "2500ms"));

    assertThat(changed.connections().rules().path().escapedSlash()).isEqualTo(PathRules.Slash.KEEP);
    assertThat(changed.connections().rules().path().dotSegments()).isEqualTo(PathRules.Dots.REJECT);
    assertThat(changed.connections().bodies().maxBytes()).isEqualTo(10 << 20);
    assertThat(changed.connections().headTimeoutMillis()).isEqualTo(2500);
    assertThat(changed.connections().limits())
        .isEqualTo(DataPlaneSettings.DEFAULT.connections().limits());
  }

  @Test
  void doesNotMindTheOrderOfLimitsThatDepend() {
    Map<String, String> limits = new LinkedHashMap<>();
    limits.put("request-line", "100KiB");
    limits.put("head-size", "200KiB");

    DataPlaneSettings changed = LimitOption.apply(DataPlaneSettings.DEFAULT, limits);

    assertThat(changed.connections().limits().maxRequestLineBytes()).isEqualTo(100 << 10);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "body-sice | 1 | limit body-sice: not known (expected one of request-line,",
        "body-size | ten | limit body-size: ten (expected 512, 64KiB or 1MiB)",
        "body-size | 1kb | limit body-size: 1kb (expected 512, 64KiB or 1MiB)",
        "head-timeout | 10 | limit head-timeout: 10 (expected 500ms, 10s or 5m)",
        "head-timeout | 0s | limit head-timeout: headTimeoutMillis 0",
        "header-count | 0 | limit header-count: maxFields: 0 (expected 1 or more)",
        "header-count | 99999999999 | limit header-count: 99999999999 (expected at most",
        "path-escaped-slash | maybe | path-escaped-slash: maybe (expected [reject, keep, decode])",
      })
  void saysWhatIsWrong(String name, String value, String message) {
    assertThatThrownBy(() -> LimitOption.apply(DataPlaneSettings.DEFAULT, Map.of(name, value)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }
}
