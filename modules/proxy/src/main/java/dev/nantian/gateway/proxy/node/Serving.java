package dev.nantian.gateway.proxy.node;

import dev.nantian.gateway.proxy.config.RuntimeConfig;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/** What serves a configuration: the data plane, seen from the configuration. */
@FunctionalInterface
public interface Serving {
  /**
   * Serves {@code config} from now on. A socket that could not be bound is tried again by the next
   * call, also with the same configuration.
   *
   * @return completes when every loop serves it, with the addresses that could not be bound and the
   *     reason of each
   */
  CompletionStage<Map<InetSocketAddress, String>> apply(RuntimeConfig config);
}
