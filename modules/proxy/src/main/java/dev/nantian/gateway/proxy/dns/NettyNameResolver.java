package dev.nantian.gateway.proxy.dns;

import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.resolver.ResolvedAddressTypes;
import io.netty.resolver.dns.DnsNameResolver;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/**
 * Netty's resolver on a thread of its own: the hosts file and the system's name servers, with a
 * cache that keeps an answer for its time to live.
 *
 * <p>A name with IPv4 addresses gives only those: on a host without IPv6 every second try would
 * otherwise fail.
 */
public final class NettyNameResolver implements NameResolver {
  private static final int MIN_TTL_SECONDS = 1;
  private static final int MAX_TTL_SECONDS = 300;
  private static final int NEGATIVE_TTL_SECONDS = 2;
  private static final long QUERY_TIMEOUT_MILLIS = 3000;

  private final MultiThreadIoEventLoopGroup loop =
      new MultiThreadIoEventLoopGroup(
          1, new DefaultThreadFactory("nantian-dns", true), NioIoHandler.newFactory());
  private final DnsNameResolver resolver =
      new DnsNameResolverBuilder(loop.next())
          .datagramChannelType(NioDatagramChannel.class)
          .socketChannelType(NioSocketChannel.class)
          .resolvedAddressTypes(ResolvedAddressTypes.IPV4_PREFERRED)
          .queryTimeoutMillis(QUERY_TIMEOUT_MILLIS)
          .ttl(MIN_TTL_SECONDS, MAX_TTL_SECONDS)
          .negativeTtl(NEGATIVE_TTL_SECONDS)
          .build();

  @Override
  public CompletionStage<List<InetAddress>> resolve(String host) {
    CompletableFuture<List<InetAddress>> answer = new CompletableFuture<>();
    resolver
        .resolveAll(host)
        .addListener(
            (io.netty.util.concurrent.Future<List<InetAddress>> done) -> {
              if (done.isSuccess()) {
                answer.complete(preferred(done.getNow()));
              } else {
                answer.completeExceptionally(done.cause());
              }
            });
    return answer;
  }

  private static List<InetAddress> preferred(List<InetAddress> all) {
    List<InetAddress> four = all.stream().filter(Inet4Address.class::isInstance).toList();
    return four.isEmpty() ? List.copyOf(all) : four;
  }

  @Override
  public void close() {
    resolver.close();
    var unused = loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
