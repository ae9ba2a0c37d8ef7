package dev.nantian.gateway.control;

import dev.nantian.gateway.control.resource.ActorDirectory;
import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.xds.NodesActor;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Names of the control plane's metrics. All are read when asked for. */
final class ControlPlaneMetrics {
  private ControlPlaneMetrics() {}

  static void register(
      MeterRegistry meters,
      ActorDirectory directory,
      AtomicLong translations,
      AtomicInteger resources,
      NodesActor.Counts counts,
      AtomicInteger sourceErrors) {
    for (Kind kind : Kind.values()) {
      Gauge.builder(
              "nantian.control.objects",
              directory,
              all -> all.objects().getOrDefault(kind, 0).doubleValue())
          .tag("kind", kind.kindName())
          .description("Objects that the source holds")
          .register(meters);
    }
    FunctionCounter.builder("nantian.control.translations", translations, AtomicLong::doubleValue)
        .description("Translations of single objects")
        .register(meters);
    Gauge.builder("nantian.control.resources", resources, AtomicInteger::doubleValue)
        .description("Resources in the configuration")
        .register(meters);
    Gauge.builder("nantian.control.nodes", counts, NodesActor.Counts::nodes)
        .description("Connected proxies")
        .register(meters);
    FunctionCounter.builder("nantian.control.pushes", counts, NodesActor.Counts::pushes)
        .description("Responses sent to proxies")
        .register(meters);
    FunctionCounter.builder("nantian.control.acks", counts, NodesActor.Counts::acks)
        .description("Responses that proxies took")
        .register(meters);
    FunctionCounter.builder("nantian.control.nacks", counts, NodesActor.Counts::nacks)
        .description("Responses that proxies refused in part or whole")
        .register(meters);
    Gauge.builder("nantian.control.source.errors", sourceErrors, AtomicInteger::doubleValue)
        .description("Errors that the source reports now")
        .register(meters);
  }
}
