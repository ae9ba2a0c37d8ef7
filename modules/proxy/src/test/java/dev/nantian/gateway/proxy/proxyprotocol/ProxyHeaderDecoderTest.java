package dev.nantian.gateway.proxy.proxyprotocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProxyHeaderDecoderTest {
  private static final String SIGNATURE = "0d0a0d0a000d0a515549540a";
  private static final String TCP4 = SIGNATURE + "2111";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "PROXY TCP4 1.2.3.4 5.6.7.8 111 222 | 1 1.2.3.4:111 5.6.7.8:222",
        "PROXY TCP4 255.255.255.255 0.0.0.0 65535 0 | 1 255.255.255.255:65535 0.0.0.0:0",
        "PROXY TCP6 2001:db8::1 ::1 1 2 | 1 2001:db8:0:0:0:0:0:1:1 0:0:0:0:0:0:0:1:2",
        "PROXY TCP6 ::ffff:1.2.3.4 ::1 1 2 | 1 1.2.3.4:1 0:0:0:0:0:0:0:1:2",
        "PROXY UNKNOWN | 1 unknown",
        "PROXY UNKNOWN ffff::1 x y z | 1 unknown",
      })
  void takesVersion1(String line, String expected) {
    assertThat(decode(bytes(line + "\r\n"))).isEqualTo(expected + " left=0");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET / HTTP/1.1\r\n",
        "PROXYTCP4 1.2.3.4 5.6.7.8 1 2\r\n",
        "proxy TCP4 1.2.3.4 5.6.7.8 1 2\r\n",
        " PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n",
        "PROXY  TCP4 1.2.3.4 5.6.7.8 1 2\r\n",
        "PROXY TCP4  1.2.3.4 5.6.7.8 1 2\r\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8 1 2 \r\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8 1 2 3\r\n",
        "PROXY TCP4\t1.2.3.4 5.6.7.8 1 2\r\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\r\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\rX\n",
        "PROXY TCP4 1.2.3.256 5.6.7.8 1 2\r\n",
        "PROXY TCP4 1.2.3 5.6.7.8 1 2\r\n",
        "PROXY TCP4 1.2.3.4.5 5.6.7.8 1 2\r\n",
        "PROXY TCP4 01.2.3.4 5.6.7.8 1 2\r\n",
        "PROXY TCP4 0x1.2.3.4 5.6.7.8 1 2\r\n",
        "PROXY TCP4 16909060 5.6.7.8 1 2\r\n",
        "PROXY TCP4 ::1 ::2 1 2\r\n",
        "PROXY TCP4 localhost 5.6.7.8 1 2\r\n",
        "PROXY TCP6 1.2.3.4 5.6.7.8 1 2\r\n",
        "PROXY TCP6 ::1%1 ::2 1 2\r\n",
        "PROXY TCP6 [::1] ::2 1 2\r\n",
        "PROXY TCP6 1::2::3 ::2 1 2\r\n",
        "PROXY TCP6 12345::1 ::2 1 2\r\n",
        "PROXY UDP4 1.2.3.4 5.6.7.8 1 2\r\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8 65536 2\r\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8 -1 2\r\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8 +1 2\r\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8 01 2\r\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8 1 \r\n",
        "PROXY UNKNOWN\u0000\r\n",
        "PROXY UNKNOWNX\u0001\r\n",
        "PROXY unknown\r\n",
        "PROXY UNKNOWN aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
            + "aaaaaaaaaaaaaaaaaaaaa\r\n",
        "\u0016\u0003\u0001",
      })
  void refusesWhatIsNotVersion1(String line) {
    assertThat(decode(bytes(line))).startsWith("refused");
  }

  @Test
  void takesVersion2OverIpv4() {
    assertThat(decode(hex(TCP4 + "000c" + "01020304" + "05060708" + "006f" + "00de") + "rest"))
        .isEqualTo("2 1.2.3.4:111 5.6.7.8:222 left=4");
  }

  @Test
  void takesVersion2OverIpv6() {
    String addresses = "20010db8000000000000000000000001" + "00000000000000000000000000000001";

    assertThat(decode(hex(SIGNATURE + "2121" + "0024" + addresses + "0001" + "0002")))
        .isEqualTo("2 2001:db8:0:0:0:0:0:1:1 0:0:0:0:0:0:0:1:2 left=0");
  }

  @Test
  void takesExtensions() {
    String tlvs = "01000268" + "32" + "02000b" + "6578616d706c652e636f6d" + "e00000";
    int length = 12 + tlvs.length() / 2;

    assertThat(
            decode(hex(TCP4 + String.format("%04x", length) + "0102030405060708006f00de" + tlvs)))
        .isEqualTo("2 1.2.3.4:111 5.6.7.8:222 1=6832 2=6578616d706c652e636f6d 224= left=0");
  }

  @Test
  void checksTheChecksum() {
    // CRC-32C of the header with four zero bytes in the checksum's place.
    java.util.zip.CRC32C crc = new java.util.zip.CRC32C();
    String head = TCP4 + "0013" + "0102030405060708006f00de" + "030004";
    crc.update(HexFormat.of().parseHex(head + "00000000"));
    String good = head + String.format("%08x", (int) crc.getValue());
    String bad = head + String.format("%08x", (int) crc.getValue() ^ 1);

    assertThat(decode(hex(good))).startsWith("2 1.2.3.4:111");
    assertThat(decode(hex(bad))).isEqualTo("refused: checksum does not fit");
  }

  @ParameterizedTest
  @CsvSource({
    "2000 0000, 2 unknown left=0",
    "2011 000c 0102030405060708006f00de, 2 unknown left=0",
    "20ff 0004 deadbeef, 2 unknown left=0",
    "2100 0000, 2 unknown left=0",
    "2100 0005 e0000261 62, 2 unknown 224=6162 left=0",
  })
  void knowsSendersThatSpeakForThemselves(String rest, String expected) {
    assertThat(decode(hex(SIGNATURE + rest.replace(" ", "")))).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0d0a0d0a000d0a515549540b",
        "0d0a0d0a00ff",
        "00",
        SIGNATURE + "1111000c0102030405060708006f00de",
        SIGNATURE + "2211000c0102030405060708006f00de",
        SIGNATURE + "3111000c0102030405060708006f00de",
        SIGNATURE + "0111000c0102030405060708006f00de",
        SIGNATURE + "2112000c0102030405060708006f00de",
        SIGNATURE + "21220024",
        SIGNATURE + "213100d8",
        SIGNATURE + "2113000c0102030405060708006f00de",
        SIGNATURE + "21ff000c0102030405060708006f00de",
        SIGNATURE + "2111000b0102030405060708006f00",
        SIGNATURE + "21110000",
        SIGNATURE + "2121000c0102030405060708006f00de",
        SIGNATURE + "2111ffff",
        SIGNATURE + "21111001",
        SIGNATURE + "2111000d0102030405060708006f00de01",
        SIGNATURE + "2111000e0102030405060708006f00de0100",
        SIGNATURE + "2111000f0102030405060708006f00de010001",
        SIGNATURE + "211100120102030405060708006f00de010002616203",
        SIGNATURE + "211100110102030405060708006f00de0300020000",
      })
  void refusesWhatIsNotVersion2(String bytes) {
    String padded = hex(bytes + "00".repeat(300));

    assertThat(decode(padded)).startsWith("refused");
  }

  /** At once and byte by byte, which must be the same. */
  private static String decode(String latin1) {
    String atOnce = decode(latin1, latin1.length());
    assertThat(decode(latin1, 1)).isEqualTo(atOnce);
    return atOnce;
  }

  private static String decode(String latin1, int step) {
    ProxyHeaderDecoder decoder = new ProxyHeaderDecoder();
    byte[] bytes = latin1.getBytes(StandardCharsets.ISO_8859_1);
    for (int at = 0; at < bytes.length; at += step) {
      int count = Math.min(step, bytes.length - at);
      ByteBuf in = Unpooled.wrappedBuffer(bytes, at, count);
      switch (decoder.decode(in)) {
        case INCOMPLETE -> {}
        case REFUSED -> {
          return "refused: " + decoder.refusal();
        }
        case COMPLETE -> {
          return describe(Objects.requireNonNull(decoder.header()))
              + " left="
              + (bytes.length - at - count + in.readableBytes());
        }
      }
    }
    return "incomplete";
  }

  private static String describe(ProxyHeader header) {
    String tlvs =
        header.tlvs().stream()
            .map(tlv -> " " + tlv.type() + "=" + HexFormat.of().formatHex(tlv.value()))
            .collect(Collectors.joining());
    InetSocketAddress source = header.source();
    InetSocketAddress destination = header.destination();
    return source == null || destination == null
        ? header.version() + " unknown" + tlvs
        : header.version() + " " + text(source) + " " + text(destination) + tlvs;
  }

  private static String text(InetSocketAddress address) {
    return address.getAddress().getHostAddress() + ":" + address.getPort();
  }

  private static String bytes(String text) {
    return text;
  }

  private static String hex(String hex) {
    return new String(HexFormat.of().parseHex(hex), StandardCharsets.ISO_8859_1);
  }
}
