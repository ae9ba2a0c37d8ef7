package dev.nantian.gateway.proxy.node;

import dev.nantian.gateway.protocol.ResourceType;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** The figures of the configuration. Thread-safe. */
public final class ConfigMetrics {
  private final Map<ResourceType, Counter> applied = new EnumMap<>(ResourceType.class);
  private final Map<ResourceType, Counter> rejected = new EnumMap<>(ResourceType.class);
  private final Timer applyTime;
  private final AtomicLong revision = new AtomicLong();
  private final AtomicLong lastApplyMillis = new AtomicLong();
  private final AtomicInteger connected = new AtomicInteger();
  private final Counter snapshotsDamaged;

  public ConfigMetrics(MeterRegistry registry) {
    for (ResourceType type : ResourceType.values()) {
      String tag = type.name().toLowerCase(Locale.ROOT);
      applied.put(
          type,
          Counter.builder("nantian.config.applied")
              .description("Resources taken into force")
              .tag("type", tag)
              .register(registry));
      rejected.put(
          type,
          Counter.builder("nantian.config.rejected")
              .description("Resources refused")
              .tag("type", tag)
              .register(registry));
    }
    applyTime =
        Timer.builder("nantian.config.apply.time")
            .description("From a received update to all loops serving it")
            .register(registry);
    Gauge.builder("nantian.config.revision", revision, AtomicLong::get)
        .description("Compiled configurations so far")
        .register(registry);
    Gauge.builder("nantian.config.last.apply", lastApplyMillis, millis -> millis.get() / 1000.0)
        .description("When the last update was applied, Unix time")
        .baseUnit("seconds")
        .register(registry);
    snapshotsDamaged =
        Counter.builder("nantian.config.snapshot.damaged")
            .description("Snapshots on disk that could not be used at start")
            .register(registry);
    Gauge.builder("nantian.xds.connected", connected, AtomicInteger::get)
        .description("1 while there is a stream to the control plane")
        .register(registry);
  }

  void resources(ResourceType type, int taken, int refused) {
    Objects.requireNonNull(applied.get(type)).increment(taken);
    Objects.requireNonNull(rejected.get(type)).increment(refused);
  }

  void updated(long newRevision, Instant at, Duration took) {
    revision.set(newRevision);
    lastApplyMillis.set(at.toEpochMilli());
    applyTime.record(took);
  }

  void snapshotDamaged() {
    snapshotsDamaged.increment();
  }

  /** Takes note of a stream that began or ended. */
  public void connected(boolean now) {
    connected.set(now ? 1 : 0);
  }
}
