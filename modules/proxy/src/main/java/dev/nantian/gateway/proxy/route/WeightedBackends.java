package dev.nantian.gateway.proxy.route;

import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.filter.ConfiguredFilter;
import dev.nantian.gateway.proxy.filter.HeaderEdits;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The backends of a rule with their shares.
 *
 * <p>Immutable; {@link #pick} allocates nothing.
 */
public final class WeightedBackends {
  /**
   * One backendRef.
   *
   * @param cluster where its requests go; null if the reference did not resolve
   * @param failureStatus the status that answers its share if {@code cluster} is null
   * @param failureReason names the object and the reason; for logs and explain
   * @param requestEdits header changes of the backendRef's own filters
   * @param responseEdits likewise
   * @param filters that see only what goes to this backend and comes from it; null for none
   */
  public record Backend(
      @Nullable Cluster cluster,
      int failureStatus,
      String failureReason,
      HeaderEdits requestEdits,
      HeaderEdits responseEdits,
      @Nullable List<ConfiguredFilter> filters) {
    /** A backend without filters. */
    public Backend(
        @Nullable Cluster cluster,
        int failureStatus,
        String failureReason,
        HeaderEdits requestEdits,
        HeaderEdits responseEdits) {
      this(cluster, failureStatus, failureReason, requestEdits, responseEdits, null);
    }

    /** Nothing but a cluster. */
    public static Backend of(Cluster cluster) {
      return new Backend(cluster, 0, "", HeaderEdits.NONE, HeaderEdits.NONE);
    }
  }

  private final Backend[] backends;
  private final long[] cumulative;

  /**
   * @param weights one for each backend, not negative
   */
  public WeightedBackends(List<Backend> backends, List<Integer> weights) {
    if (backends.size() != weights.size()) {
      throw new IllegalArgumentException(
          backends.size() + " backends with " + weights.size() + " weights");
    }
    this.backends = backends.toArray(Backend[]::new);
    this.cumulative = new long[weights.size()];
    long sum = 0;
    for (int i = 0; i < cumulative.length; i++) {
      sum += weights.get(i);
      cumulative[i] = sum;
    }
  }

  /** Sum of the weights; 0 means that no backend may be used (500). */
  public long totalWeight() {
    return cumulative.length == 0 ? 0 : cumulative[cumulative.length - 1];
  }

  /** The backend that owns {@code ticket}, a number in {@code [0, totalWeight())}. */
  public Backend pick(long ticket) {
    int i = 0;
    while (cumulative[i] <= ticket) {
      i++;
    }
    return backends[i];
  }

  /** Number of backends. */
  public int size() {
    return backends.length;
  }

  /** The backend at an index, in the order of the rule. */
  public Backend get(int index) {
    return backends[index];
  }

  /** All backends in the order of the rule. */
  public List<Backend> all() {
    return List.of(backends);
  }

  /** Weight of the backend at this index of {@link #all()}. */
  public long weight(int index) {
    return cumulative[index] - (index == 0 ? 0 : cumulative[index - 1]);
  }
}
