package dev.nantian.gateway.filters.jwt;

import com.nimbusds.jose.jwk.JWKSet;
import java.net.URI;
import java.text.ParseException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keys fetched from the issuer, when they are needed and never by one more than at a time.
 *
 * <p>Fresh keys are used as they are. Old ones are used too while new ones are fetched, and go on
 * being used if that fails: an issuer that cannot be reached stops nobody who holds a good token. A
 * key that is not known makes them be fetched early, but not more often than {@link #PAUSE}, so
 * that tokens with invented key ids cannot make us flood the issuer.
 *
 * <p>Thread-safe; nothing here blocks.
 */
final class FetchedKeys implements KeySource {
  /** Gets the document; completes on any thread. */
  interface Fetch {
    CompletionStage<String> get(URI uri);
  }

  /** At least this between two fetches. */
  static final Duration PAUSE = Duration.ofSeconds(10);

  private static final Logger LOG = LoggerFactory.getLogger(FetchedKeys.class);

  private final URI uri;
  private final Fetch fetch;
  private final long freshNanos;
  private final LongSupplier clock;
  private volatile @Nullable JWKSet keys;
  private volatile long fetchedNanos;
  private boolean triedBefore;
  private long triedNanos;
  private @Nullable CompletableFuture<JWKSet> underWay;

  FetchedKeys(URI uri, Duration fresh, Fetch fetch, LongSupplier clock) {
    this.uri = uri;
    this.fetch = fetch;
    this.freshNanos = fresh.toNanos();
    this.clock = clock;
  }

  @Override
  public @Nullable JWKSet current() {
    JWKSet known = keys;
    if (known != null && clock.getAsLong() - fetchedNanos > freshNanos) {
      var unused = renewed(); // in the background
    }
    return known;
  }

  @Override
  public CompletionStage<JWKSet> renewed() {
    CompletableFuture<JWKSet> mine;
    synchronized (this) {
      if (underWay != null) {
        return underWay;
      }
      long now = clock.getAsLong();
      if (triedBefore && now - triedNanos < PAUSE.toNanos()) {
        JWKSet known = keys;
        return known == null
            ? CompletableFuture.failedStage(
                new IllegalStateException("no keys from " + uri + ", tried lately"))
            : CompletableFuture.completedStage(known);
      }
      triedBefore = true;
      triedNanos = now;
      mine = new CompletableFuture<>();
      underWay = mine;
    }
    CompletionStage<String> answer;
    try {
      answer = fetch.get(uri);
    } catch (RuntimeException e) {
      answer = CompletableFuture.failedStage(e);
    }
    answer
        .thenApply(FetchedKeys::parse)
        .whenComplete((fetched, error) -> ended(mine, fetched, error));
    return mine;
  }

  private static JWKSet parse(String text) {
    try {
      return JWKSet.parse(text);
    } catch (ParseException e) {
      throw new CompletionException("not a JWK Set: " + e.getMessage(), e);
    }
  }

  private void ended(
      CompletableFuture<JWKSet> of, @Nullable JWKSet fetched, @Nullable Throwable error) {
    synchronized (this) {
      underWay = null;
    }
    JWKSet known = keys;
    if (fetched != null) {
      keys = fetched;
      fetchedNanos = clock.getAsLong();
      of.complete(fetched);
    } else if (known != null) {
      LOG.warn("keys not renewed uri={} reason={}", uri, String.valueOf(error));
      of.complete(known);
    } else {
      LOG.warn("no keys uri={} reason={}", uri, String.valueOf(error));
      of.completeExceptionally(new IllegalStateException("no keys from " + uri, error));
    }
  }
}
