package dev.nantian.gateway.filters.jwt;

import com.nimbusds.jose.jwk.JWKSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Keys that the configuration itself has. */
record GivenKeys(JWKSet current) implements KeySource {
  @Override
  public CompletionStage<JWKSet> renewed() {
    return CompletableFuture.completedStage(current);
  }
}
