package dev.nantian.gateway.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AdminTokenTest {

  @Test
  void aGeneratedTokenIsReadableByItsOwnerOnly(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("new/admin-token");

    AdminToken token = AdminToken.generate(file);

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(AdminToken.read(file)).isEqualTo(token);
  }

  @Test
  void eachStartHasAnotherToken(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("admin-token");
    AdminToken first = AdminToken.generate(file);

    AdminToken second = AdminToken.generate(file);

    assertThat(second).isNotEqualTo(first);
  }

  @Test
  void aWeakTokenIsRefused() {
    assertThatThrownBy(() -> new AdminToken("short"))
        .hasMessage(
            "admin token: 5 characters (expected at least 16, printable ASCII without spaces)");
  }

  @Test
  void itsTextDoesNotShowIt() {
    assertThat(new AdminToken("0123456789abcdef")).hasToString("AdminToken[not shown]");
  }
}
