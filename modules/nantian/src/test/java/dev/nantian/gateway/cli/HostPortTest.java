package dev.nantian.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class HostPortTest {

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1:9901, 127.0.0.1, 9901, 127.0.0.1:9901",
    "localhost:0, localhost, 0, localhost:0",
    "[::1]:65535, ::1, 65535, [::1]:65535",
    ":9901, 127.0.0.1, 9901, 127.0.0.1:9901",
    "9901, 127.0.0.1, 9901, 127.0.0.1:9901"
  })
  void readsAnAddress(String text, String host, int port, String rendered) {
    HostPort address = HostPort.parse(text);

    assertThat(address).isEqualTo(new HostPort(host, port)).hasToString(rendered);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "host", "host:", "host:x", "host:65536", "host:-1", "::1:80", "a:1234567"})
  void saysWhatIsWrongWithOthers(String text) {
    assertThatThrownBy(() -> HostPort.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "'" + text + "' is not HOST:PORT (for example 127.0.0.1:9901; port 0 to 65535)");
  }
}
