package dev.nantian.gateway.filters.jwt;

import com.nimbusds.jose.jwk.JWKSet;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Where an issuer's keys come from.
 *
 * <p>Thread-safe; nothing here blocks.
 */
interface KeySource {
  /** The keys to use now; null if there are none yet. */
  @Nullable JWKSet current();

  /**
   * Newer keys than {@link #current}, if they can be had: a token names one that is not there.
   *
   * @return completes with the keys to use then, on any thread; exceptionally if there are none
   */
  CompletionStage<JWKSet> renewed();
}
