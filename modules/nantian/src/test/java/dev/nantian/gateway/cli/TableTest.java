package dev.nantian.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class TableTest {

  @Test
  void columnsAreAsWideAsTheirWidestCell() {
    var table = new Table("KIND", "NAME", "STATUS");
    table.row("Gateway", "a/b", "");
    table.row("HTTPRoute", "c", "True");

    assertThat(table)
        .hasToString(
            """
            KIND        NAME   STATUS
            Gateway     a/b
            HTTPRoute   c      True
            """);
  }
}
