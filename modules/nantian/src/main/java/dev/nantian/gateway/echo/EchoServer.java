package dev.nantian.gateway.echo;

import com.typesafe.config.ConfigFactory;
import dev.nantian.gateway.echo.v1.Echo;
import dev.nantian.gateway.echo.v1.EchoPowerApiHandlerFactory;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.settings.ServerSettings;
import org.apache.pekko.japi.function.Function;

/**
 * One running echo backend. Created on an existing actor system; lives until {@link #stop} or the
 * end of that system. Holds nothing but its socket.
 */
public final class EchoServer {
  // A backend for tests takes what a gateway may send: long targets, many headers, big bodies; and
  // it
  // keeps headers and target as they came.
  private static final String SETTINGS =
      """
      pekko.http.server {
        enable-http2 = on
        server-header = ""
        raw-request-uri-header = on
        idle-timeout = 1h
        request-timeout = infinite
        max-connections = 100000
        backlog = 4096
        parsing {
          modeled-header-parsing = off
          uri-parsing-mode = relaxed
          illegal-header-warnings = off
          max-uri-length = 64k
          max-header-count = 512
          max-header-value-length = 64k
          max-header-name-length = 1k
          max-content-length = infinite
        }
      }
      """;

  private final String name;
  private final ServerBinding binding;

  private EchoServer(String name, ServerBinding binding) {
    this.name = name;
    this.binding = binding;
  }

  /** Binds; fails with the {@link java.net.BindException} as its cause if the port is taken. */
  public static CompletionStage<EchoServer> start(ActorSystem<?> system, EchoOptions options) {
    var http = new EchoHttp(options, system);
    Function<HttpRequest, CompletionStage<HttpResponse>> grpc =
        EchoPowerApiHandlerFactory.create(new EchoGrpc(options.name(), system), system);
    String service = "/" + Echo.name + "/";
    Function<HttpRequest, CompletionStage<HttpResponse>> handler =
        request ->
            request.getUri().path().startsWith(service)
                ? grpc.apply(request)
                : http.handle(request);
    var settings =
        ServerSettings.create(
            ConfigFactory.parseString(SETTINGS).withFallback(system.settings().config()));
    return Http.get(system)
        .newServerAt(options.host(), options.port())
        .withSettings(settings)
        .bind(handler)
        .thenApply(binding -> new EchoServer(options.name(), binding));
  }

  public String name() {
    return name;
  }

  /** Where it listens; the port is the real one. */
  public InetSocketAddress address() {
    return binding.localAddress();
  }

  /** Stops accepting, lets running requests finish within the grace period, then closes. */
  public CompletionStage<Void> stop(Duration grace) {
    return binding.terminate(grace).thenAccept(terminated -> {});
  }
}
