package dev.nantian.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nantian.gateway.proxy.tls.CertifiedKey;
import dev.nantian.gateway.proxy.tls.ClientTrust;
import dev.nantian.gateway.proxy.tls.TestKeys;
import dev.nantian.gateway.proxy.tls.TlsContexts;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Listeners that ask clients for certificates (GEP-91), over real TLS. */
class ClientCertificateIT {
  private static final TestKeys SERVER = TestKeys.ec("one.example");
  private static final TestKeys KNOWN = TestKeys.ec("known");
  private static final TestKeys STRANGER = TestKeys.ec("stranger");

  @Test
  void aCertificateThatVerifiesIsServed() throws Exception {
    assertThat(statusWith(false, KNOWN)).isEqualTo(200);
  }

  @Test
  void aCertificateThatDoesNotVerifyIsNoConnection() {
    assertThatThrownBy(() -> statusWith(false, STRANGER)).isInstanceOf(IOException.class);
  }

  @Test
  void noCertificateIsNoConnection() {
    assertThatThrownBy(() -> statusWith(false, null)).isInstanceOf(IOException.class);
  }

  @Test
  void theInsecureFallbackTakesWhateverTheClientShows() throws Exception {
    assertThat(statusWith(true, KNOWN)).isEqualTo(200);
    assertThat(statusWith(true, STRANGER)).isEqualTo(200);
    assertThat(statusWith(true, null)).isEqualTo(200);
  }

  private static int statusWith(boolean anyone, @Nullable TestKeys client) throws Exception {
    SslContext context =
        new TlsContexts()
            .context(
                List.of(CertifiedKey.of(SERVER.chain(), SERVER.key())),
                ClientTrust.of(KNOWN.chain(), anyone));
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy =
            new TestProxy(
                DataPlaneSettings.DEFAULT,
                1,
                true,
                table(backend).certificate("one.example", context));
        RawClient connection = TlsClient.connect(proxy, "one.example", client)) {
      return connection.get("/").status();
    }
  }

  private static TestTable table(RawBackend backend) {
    return new TestTable().route("/", TestTable.cluster(backend.address()));
  }
}
