package dev.nantian.gateway.cli;

import java.net.BindException;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.jspecify.annotations.Nullable;

/** What the commands that run servers share: the actor system and the failures of a start. */
final class Program {

  /** The process's one actor system, configured by {@code application.conf}. */
  static ActorSystem<Void> actorSystem() {
    return ActorSystem.create(Behaviors.empty(), "nantian");
  }

  /**
   * Blocks the main thread until a server listens.
   *
   * @param address what it was to bind
   * @param advice what to do if the address is taken
   * @throws CommandFailure in one line, if it does not
   */
  static <T> T await(CompletionStage<T> start, HostPort address, String advice) {
    try {
      return start.toCompletableFuture().join();
    } catch (CompletionException e) {
      throw bindFailure(e, address, advice);
    }
  }

  private static CommandFailure bindFailure(Throwable failure, HostPort address, String advice) {
    for (@Nullable Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof BindException) {
        String reason = String.valueOf(cause.getMessage());
        return new CommandFailure(
            reason.contains("in use")
                ? address + " is already in use (" + advice + ")"
                : "cannot listen at " + address + ": " + reason,
            failure);
      }
    }
    @Nullable Throwable cause = failure.getCause();
    return new CommandFailure(
        "cannot listen at " + address + ": " + (cause == null ? failure : cause).getMessage(),
        failure);
  }

  /** An address as it goes into a URL. */
  static String text(InetSocketAddress address) {
    return new HostPort(address.getAddress().getHostAddress(), address.getPort()).toString();
  }

  private Program() {}
}
