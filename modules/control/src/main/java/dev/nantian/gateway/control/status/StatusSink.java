package dev.nantian.gateway.control.status;

import dev.nantian.gateway.control.source.Diagnostic;
import dev.nantian.gateway.control.source.ResourceKey;
import java.util.List;

/** Hears of every status as it changes. Called on one actor's thread; must not block. */
public interface StatusSink {

  /** Passes nothing on. */
  StatusSink NONE = new StatusSink() {};

  /** The present status of an object. */
  default void put(ObjectStatus status) {}

  /** The object is gone. */
  default void forget(ResourceKey key) {}

  /** The present version of an object was refused by the source; empty: it no longer is. */
  default void refused(ResourceKey key, List<Diagnostic> problems) {}
}
