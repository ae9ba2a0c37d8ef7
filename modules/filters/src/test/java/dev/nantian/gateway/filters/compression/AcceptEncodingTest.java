package dev.nantian.gateway.filters.compression;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AcceptEncodingTest {
  private static final List<Algorithm> OFFERED =
      List.of(Algorithm.BR, Algorithm.ZSTD, Algorithm.GZIP);

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "gzip | GZIP",
        "gzip, br | BR",
        "gzip;q=1.0, br;q=0.5 | GZIP",
        "GZIP;Q=0.8 , zstd;q=0.801 | ZSTD",
        "* | BR",
        "*, br;q=0 | ZSTD",
        "x-gzip | GZIP",
        "identity, gzip;q=0.5 |",
        "identity;q=0.1, gzip;q=0.5 | GZIP",
        "gzip;q=0 |",
        "deflate |",
        "'' |",
        "gzip;q=2 |",
        "gzip;q=0.1234 |",
        "gzip;q= |",
        "gzip;level=9 |",
        ";,;q=1 |",
      })
  void choosesByWeightThenByOurOrder(String accepted, @Nullable String expected) {
    Algorithm chosen = AcceptEncoding.choose(List.of(accepted), OFFERED);

    assertThat(chosen == null ? null : chosen.name()).isEqualTo(expected);
  }
}
