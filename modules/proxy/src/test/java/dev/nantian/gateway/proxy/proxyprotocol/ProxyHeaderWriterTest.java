package dev.nantian.gateway.proxy.proxyprotocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nantian.gateway.proxy.proxyprotocol.ProxyHeader.Tlv;
import dev.nantian.gateway.proxy.proxyprotocol.ProxyHeaderDecoder.Result;
import dev.nantian.gateway.proxy.proxyprotocol.ProxyHeaderPolicy.Extension;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ProxyHeaderWriterTest {
  private static final String SIGNATURE = "0d0a0d0a000d0a515549540a";

  private static InetSocketAddress address(String address, int port) {
    return new InetSocketAddress(InetAddress.ofLiteral(address), port);
  }

  private static ByteBuf written(ProxyHeader header, boolean checksum) {
    ByteBuf out = Unpooled.buffer();
    ProxyHeaderWriter.write(header, checksum, out);
    return out;
  }

  private static String line(@Nullable InetSocketAddress from, @Nullable InetSocketAddress to) {
    return written(new ProxyHeader(1, from, to, List.of()), false)
        .toString(StandardCharsets.US_ASCII);
  }

  private static String hex(ProxyHeader header, boolean checksum) {
    return ByteBufUtil.hexDump(written(header, checksum));
  }

  /**
   * The examples of section 2.1, but for the length of IPv6 addresses, which may be written out.
   */
  @Test
  void version1IsALine() {
    assertThat(line(address("192.168.0.1", 56324), address("192.168.0.11", 443)))
        .isEqualTo("PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n");
    assertThat(line(address("255.255.255.255", 65535), address("255.255.255.255", 65535)))
        .isEqualTo("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n");
    String all = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
    assertThat(line(address(all, 65535), address(all, 65535)))
        .isEqualTo("PROXY TCP6 " + all + " " + all + " 65535 65535\r\n");
    assertThat(line(address("2001:db8::7", 1), address("10.1.2.3", 2)))
        .isEqualTo("PROXY TCP6 2001:db8:0:0:0:0:0:7 ::ffff:10.1.2.3 1 2\r\n");
    assertThat(line(null, null)).isEqualTo("PROXY UNKNOWN\r\n");
  }

  /** Section 2.2: 13th byte version and command, 14th family, then the length. */
  @Test
  void version2IsBinary() {
    InetSocketAddress client = address("1.2.3.4", 111);
    InetSocketAddress gateway = address("5.6.7.8", 222);

    assertThat(hex(new ProxyHeader(2, client, gateway, List.of()), false))
        .isEqualTo(SIGNATURE + "2111000c" + "01020304" + "05060708" + "006f" + "00de");
    assertThat(hex(new ProxyHeader(2, address("2001:db8::7", 1), gateway, List.of()), false))
        .isEqualTo(
            SIGNATURE
                + "21210024"
                + "20010db8000000000000000000000007"
                + "00000000000000000000ffff05060708"
                + "000100de");
    assertThat(hex(new ProxyHeader(2, null, null, List.of()), true))
        .isEqualTo(SIGNATURE + "20000000");
    assertThat(
            hex(
                new ProxyHeader(
                    2, client, gateway, List.of(new Tlv(ProxyHeader.ALPN, new byte[] {'h', '2'}))),
                false))
        .isEqualTo(SIGNATURE + "21110011" + "0102030405060708006f00de" + "0100026832");
  }

  @Property(tries = 500)
  void theDecoderReadsWhatIsWritten(
      @ForAll boolean first,
      @ForAll @Size(4) byte[] v4,
      @ForAll @Size(16) byte[] v6,
      @ForAll boolean sourceIsV4,
      @ForAll boolean destinationIsV4,
      @ForAll @IntRange(max = 65535) int sourcePort,
      @ForAll @IntRange(max = 65535) int destinationPort,
      @ForAll @Size(max = 300) byte[] name,
      @ForAll boolean checksum)
      throws UnknownHostException {
    InetSocketAddress source =
        new InetSocketAddress(InetAddress.getByAddress(sourceIsV4 ? v4 : v6), sourcePort);
    InetSocketAddress destination =
        new InetSocketAddress(InetAddress.getByAddress(destinationIsV4 ? v4 : v6), destinationPort);
    List<Tlv> tlvs = first ? List.of() : List.of(new Tlv(ProxyHeader.AUTHORITY, name));
    ByteBuf out = written(new ProxyHeader(first ? 1 : 2, source, destination, tlvs), checksum);

    ProxyHeaderDecoder decoder = new ProxyHeaderDecoder();
    Result result = decoder.decode(out);

    assertThat(result).isEqualTo(Result.COMPLETE);
    assertThat(out.isReadable()).isFalse();
    ProxyHeader read = Objects.requireNonNull(decoder.header());
    assertThat(read.source()).isEqualTo(source);
    assertThat(read.destination()).isEqualTo(destination);
    if (!first) {
      assertThat(read.tlvs()).hasSize(checksum ? 2 : 1);
      assertThat(read.tlvs().getFirst().value()).isEqualTo(name);
    }
  }

  @Test
  void aChangedByteDoesNotPassTheChecksum() {
    ByteBuf out =
        written(new ProxyHeader(2, address("1.2.3.4", 1), address("5.6.7.8", 2), List.of()), true);
    out.setByte(16, 9);

    Result result = new ProxyHeaderDecoder().decode(out);

    assertThat(result).isEqualTo(Result.REFUSED);
  }

  @Test
  void thePolicySaysWhatTheGatewaysOwnConnectionsBeginWith() {
    ProxyHeaderPolicy v1 = new ProxyHeaderPolicy(1, Set.of());
    ProxyHeaderPolicy v2 = new ProxyHeaderPolicy(2, Set.of(Extension.values()));

    ByteBuf first = v1.header(UnpooledByteBufAllocator.DEFAULT, null, null);
    ByteBuf second = v2.header(UnpooledByteBufAllocator.DEFAULT, null, "h2");

    assertThat(first.toString(StandardCharsets.US_ASCII)).isEqualTo("PROXY UNKNOWN\r\n");
    assertThat(ByteBufUtil.hexDump(second)).isEqualTo(SIGNATURE + "20000000");
    first.release();
    second.release();
  }

  @Test
  void aPolicyThatCannotBeIsRefused() {
    assertThatThrownBy(() -> new ProxyHeaderPolicy(3, Set.of()))
        .hasMessage("version: 3 (expected 1 or 2)");
    assertThatThrownBy(() -> new ProxyHeaderPolicy(1, Set.of(Extension.ALPN)))
        .hasMessage("extensions: [ALPN] (expected none with version 1)");
  }
}
