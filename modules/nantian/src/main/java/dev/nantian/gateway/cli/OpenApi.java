package dev.nantian.gateway.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** The description of the admin API: {@code docs/openapi.yaml}, packed into the program. */
final class OpenApi {

  static String text() {
    try (InputStream file = OpenApi.class.getResourceAsStream("/openapi.yaml")) {
      if (file == null) {
        throw new IllegalStateException("openapi.yaml is missing from the program");
      }
      return new String(file.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private OpenApi() {}
}
