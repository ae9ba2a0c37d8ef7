package dev.nantian.gateway.filters.jwt;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.jwk.JWKSet;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class FetchedKeysTest {
  private static final String EMPTY = "{\"keys\":[]}";

  private final AtomicLong now = new AtomicLong();
  private final List<CompletableFuture<String>> fetches = new ArrayList<>();
  private final FetchedKeys keys =
      new FetchedKeys(
          URI.create("https://issuer.example/keys"),
          Duration.ofMinutes(5),
          uri -> {
            CompletableFuture<String> fetch = new CompletableFuture<>();
            fetches.add(fetch);
            return fetch;
          },
          now::get);

  private void seconds(long seconds) {
    now.addAndGet(seconds * 1_000_000_000L);
  }

  @Test
  void manyWhoNeedKeysMakeOneFetch() {
    CompletableFuture<JWKSet> one = keys.renewed().toCompletableFuture();
    CompletableFuture<JWKSet> other = keys.renewed().toCompletableFuture();

    fetches.getFirst().complete(EMPTY);

    assertThat(fetches).hasSize(1);
    assertThat(one.join()).isSameAs(other.join()).isSameAs(keys.current());
  }

  @Test
  void oldKeysServeWhileNewOnesCannotBeHad() {
    keys.renewed();
    fetches.getFirst().complete(EMPTY);
    JWKSet first = keys.current();
    seconds(301);

    JWKSet stale = keys.current();
    fetches.getLast().completeExceptionally(new IllegalStateException("down"));

    assertThat(fetches).hasSize(2);
    assertThat(stale).isSameAs(first);
    assertThat(keys.current()).isSameAs(first);
    assertThat(keys.renewed().toCompletableFuture()).isCompletedWithValue(first);
    assertThat(fetches).hasSize(2); // not again so soon
    seconds(11);
    keys.current();
    assertThat(fetches).hasSize(3);
  }

  @Test
  void withoutAnyKeysThereIsAFailureAndNoFlood() {
    CompletableFuture<JWKSet> first = keys.renewed().toCompletableFuture();
    fetches.getFirst().complete("not JSON");

    CompletableFuture<JWKSet> second = keys.renewed().toCompletableFuture();

    assertThat(first).isCompletedExceptionally();
    assertThat(second).isCompletedExceptionally();
    assertThat(fetches).hasSize(1);
  }
}
