package dev.nantian.gateway.proxy.metrics;

import dev.nantian.gateway.proxy.metrics.LoopMetrics.RouteCounters;
import io.prometheus.metrics.model.registry.Collector;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Request durations by route as a Prometheus histogram, made of the loops' own buckets.
 *
 * <p>Not a Micrometer timer: that would put a shared, synchronised recording on the request path.
 */
final class DurationHistogram implements Collector {
  private static final String NAME = "nantian_http_request_duration_seconds";

  private final List<LoopMetrics> loops;

  DurationHistogram(List<LoopMetrics> loops) {
    this.loops = loops;
  }

  @Override
  public MetricSnapshot collect() {
    Set<String> names = new HashSet<>();
    loops.forEach(loop -> names.addAll(loop.routeNames()));
    HistogramSnapshot.Builder histogram =
        HistogramSnapshot.builder()
            .name(NAME)
            .help("From the complete request head to the end of the response, by route");
    for (String route : names) {
      histogram.dataPoint(dataPoint(route));
    }
    return histogram.build();
  }

  private HistogramDataPointSnapshot dataPoint(String route) {
    double[] bounds = new double[DurationBuckets.COUNT];
    long[] counts = new long[DurationBuckets.COUNT];
    long nanos = 0;
    for (int i = 0; i < bounds.length; i++) {
      bounds[i] = DurationBuckets.upperBoundSeconds(i);
    }
    for (LoopMetrics loop : loops) {
      RouteCounters counters = loop.route(route);
      if (counters == null) {
        continue;
      }
      nanos += counters.durationNanos();
      for (int i = 0; i < counts.length; i++) {
        counts[i] += counters.bucket(i);
      }
    }
    return HistogramDataPointSnapshot.builder()
        .labels(Labels.of("route", route))
        .classicHistogramBuckets(ClassicHistogramBuckets.of(bounds, counts))
        .sum(nanos / 1e9)
        .build();
  }
}
