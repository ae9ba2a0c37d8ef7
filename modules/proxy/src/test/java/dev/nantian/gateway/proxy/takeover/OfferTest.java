package dev.nantian.gateway.proxy.takeover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nantian.gateway.proxy.config.L4Socket.Protocol;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class OfferTest {
  @Property
  void whatIsWrittenIsRead(
      @ForAll boolean udp,
      @ForAll @Size(4) byte[] v4,
      @ForAll @Size(16) byte[] v6,
      @ForAll @IntRange(max = 65_535) int port,
      @ForAll @IntRange(min = 1, max = 1024) int count)
      throws Exception {
    Protocol protocol = udp ? Protocol.UDP : Protocol.TCP;
    Offer offer =
        new Offer(
            List.of(
                new Offer.Entry(key(protocol, v4, port), count),
                new Offer.Entry(key(protocol, v6, 65_535 - port), 1)));

    List<String> lines = new ArrayList<>(offer.lines());

    assertThat(lines.removeLast()).isEqualTo(Offer.END);
    assertThat(Offer.parse(lines).entries().getFirst()).isEqualTo(offer.entries().getFirst());
  }

  private static SocketKey key(Protocol protocol, byte[] address, int port) throws Exception {
    return new SocketKey(protocol, new InetSocketAddress(InetAddress.getByAddress(address), port));
  }

  @Test
  void anAddressIsNamedAsConfigured() {
    assertThat(Offer.parse(List.of("socket udp [::1]:0 3")).lines())
        .containsExactly("socket udp [0:0:0:0:0:0:0:1]:0 3", "end");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "socket tcp 127.0.0.1:80",
        "socket tcp 127.0.0.1:80 0",
        "socket tcp 127.0.0.1:80 -1",
        "socket tcp 127.0.0.1:80 100000",
        "socket tcp 127.0.0.1:65536 1",
        "socket tcp localhost:80 1",
        "socket sctp 127.0.0.1:80 1",
        "socket tcp 127.0.0.1 1",
        "socket tcp 127.0.0.1:80 1 more",
        "file /etc/shadow 1 2"
      })
  void anythingElseIsRefusedByName(String line) {
    assertThatThrownBy(() -> Offer.parse(List.of(line)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("(expected ");
  }

  @Test
  void anAddressComesOnce() {
    String line = "socket tcp 127.0.0.1:80 1";

    assertThatThrownBy(() -> Offer.parse(List.of(line, line)))
        .hasMessage(
            "'socket tcp 127.0.0.1:80 1' (expected each address once, 65536 sockets at most)");
  }
}
