package dev.nantian.gateway.proxy;

import dev.nantian.gateway.proxy.loop.TransportChoice;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.uring.IoUring;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.ClassTemplate;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ClassTemplateInvocationContext;
import org.junit.jupiter.api.extension.ClassTemplateInvocationContextProvider;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.Extension;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Runs a class of tests once for each transport that this machine has: whatever {@link TestProxy}
 * it starts is on that transport, unless its settings name one.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ClassTemplate
@ExtendWith(OnEveryTransport.Transports.class)
@interface OnEveryTransport {
  /** One invocation for each transport. */
  final class Transports implements ClassTemplateInvocationContextProvider {
    // Test classes run one after the other.
    private static volatile TransportChoice current = TransportChoice.AUTO;

    /** The transport of the class that runs. */
    static TransportChoice current() {
      return current;
    }

    @Override
    public boolean supportsClassTemplate(ExtensionContext context) {
      return true;
    }

    @Override
    public Stream<ClassTemplateInvocationContext> provideClassTemplateInvocationContexts(
        ExtensionContext context) {
      return Stream.of(TransportChoice.NIO, TransportChoice.EPOLL, TransportChoice.IO_URING)
          .filter(
              t ->
                  switch (t) {
                    case EPOLL -> Epoll.isAvailable();
                    case IO_URING -> IoUring.isAvailable();
                    case AUTO, NIO -> true;
                  })
          .map(Invocation::new);
    }

    private record Invocation(TransportChoice transport) implements ClassTemplateInvocationContext {
      @Override
      public String getDisplayName(int index) {
        return transport.name();
      }

      @Override
      public List<Extension> getAdditionalExtensions() {
        return List.of(
            (BeforeAllCallback) context -> current = transport,
            (AfterAllCallback) context -> current = TransportChoice.AUTO);
      }
    }
  }
}
