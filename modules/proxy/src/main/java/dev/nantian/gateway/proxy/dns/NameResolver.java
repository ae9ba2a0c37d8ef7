package dev.nantian.gateway.proxy.dns;

import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Resolves host names. Thread-safe. */
public interface NameResolver extends AutoCloseable {
  /**
   * The addresses of a host.
   *
   * @param host a DNS name, a name of the hosts file such as {@code localhost}, or an IP address
   * @return at least one address; fails if there is none. An answer may come from a cache until the
   *     time to live that its server gave has passed, so asking often is cheap
   */
  CompletionStage<List<InetAddress>> resolve(String host);

  /** Ends the resolver; questions under way fail. */
  @Override
  void close();
}
