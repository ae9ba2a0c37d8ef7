package dev.nantian.gateway.proxy.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.proxy.http.HeaderName;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class SessionSealTest {
  private static final Session SESSION =
      new Session(7, new InetSocketAddress("10.1.2.3", 8080), 1_000, 1_500);
  private final SessionSeal seal = new SessionSeal(new byte[SessionSeal.KEY_LENGTH]);

  private static Optional<Session> open(SessionSeal seal, String sealed) {
    byte[] bytes = ("x" + sealed).getBytes(StandardCharsets.ISO_8859_1);
    return seal.open(bytes, 1, bytes.length - 1);
  }

  @Test
  void whatWasSealedOpens() {
    Session six = new Session(-7, new InetSocketAddress("2001:db8::1", 65_535), 1, 2);
    assertThat(open(seal, seal.seal(SESSION))).contains(SESSION);
    assertThat(open(seal, seal.seal(six))).contains(six);
  }

  @Test
  void itSaysNothingAndIsNeverTheSame() {
    String sealed = seal.seal(SESSION);
    assertThat(sealed).matches("[A-Za-z0-9_-]{40,100}");
    assertThat(seal.seal(SESSION)).isNotEqualTo(sealed);
  }

  @Property(tries = 300)
  void aChangedOneDoesNotOpen(
      @ForAll @IntRange(min = 0, max = 200) int place,
      @ForAll @IntRange(min = 1, max = 63) int by) {
    // Given
    String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    StringBuilder sealed = new StringBuilder(seal.seal(SESSION));
    int at = place % (sealed.length() - 1); // the last digit has bits that mean nothing
    sealed.setCharAt(at, alphabet.charAt((alphabet.indexOf(sealed.charAt(at)) + by) % 64));
    // When
    Optional<Session> opened = open(seal, sealed.toString());
    // Then
    assertThat(opened).isEmpty();
  }

  @Property(tries = 300)
  void anythingElseDoesNotOpen(@ForAll @Size(max = 200) String text) {
    assertThat(open(seal, text)).isEmpty();
  }

  @Test
  void anotherKeyDoesNotOpen() {
    byte[] key = new byte[SessionSeal.KEY_LENGTH];
    key[31] = 1;
    assertThat(open(new SessionSeal(key), seal.seal(SESSION))).isEmpty();
  }

  @Test
  void timesEndSessions() {
    SessionPolicy policy =
        new SessionPolicy(HeaderName.of("s"), SessionPolicy.Type.COOKIE, 3_600, 600, true, seal);
    assertThat(policy.isCurrent(SESSION, 2_099)).isTrue();
    assertThat(policy.isCurrent(SESSION, 2_100)).as("idle for 600 s").isFalse();
    assertThat(policy.isCurrent(new Session(7, SESSION.endpoint(), 1_000, 4_590), 4_599)).isTrue();
    assertThat(policy.isCurrent(new Session(7, SESSION.endpoint(), 1_000, 4_590), 4_600))
        .as("3600 s old")
        .isFalse();
    assertThat(policy.isCurrent(SESSION, 900)).as("from the future").isFalse();
    assertThat(policy.needsRefresh(SESSION, 1_559)).isFalse();
    assertThat(policy.needsRefresh(SESSION, 1_560)).isTrue();
  }
}
