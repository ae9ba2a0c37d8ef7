package dev.nantian.gateway.control.kubernetes.api;

import java.util.concurrent.CompletableFuture;

/**
 * A watch under way.
 *
 * @param ended completes when the server ends it, fails if it could not be had or breaks
 * @param cancel ends it from this side; may be called more than once
 */
public record WatchCall(CompletableFuture<Void> ended, Runnable cancel) {}
