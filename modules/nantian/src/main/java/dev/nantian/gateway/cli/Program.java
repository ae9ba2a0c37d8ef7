package dev.nantian.gateway.cli;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.nantian.gateway.control.source.SourceException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.jspecify.annotations.Nullable;

/** What the commands that run servers share: the actor system and the failures of a start. */
final class Program {
  private static final String IN_USE = "the address is already in use";

  /**
   * The process's one actor system, configured by {@code application.conf}.
   *
   * @param more settings that win over that file
   */
  static ActorSystem<Void> actorSystem(Config more) {
    return ActorSystem.create(
        Behaviors.empty(), "nantian", more.withFallback(ConfigFactory.load()).resolve());
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
      Throwable source = cause(e, SourceException.class);
      if (source != null) {
        throw new CommandFailure(String.valueOf(source.getMessage()), e);
      }
      throw cannotListen(address, advice, e);
    }
  }

  /** The failure of a server that does not listen. */
  static CommandFailure cannotListen(HostPort address, String advice, Throwable failure) {
    String reason = bindReason(failure);
    return new CommandFailure(
        reason.equals(IN_USE)
            ? address + " is already in use (" + advice + ")"
            : "cannot listen at " + address + ": " + reason,
        failure);
  }

  /** Why a server does not listen, in words. */
  static String bindReason(Throwable failure) {
    Throwable bind = cause(failure, BindException.class);
    if (bind == null) {
      Throwable root = failure instanceof CompletionException ? failure.getCause() : failure;
      return String.valueOf((root == null ? failure : root).getMessage());
    }
    String text = String.valueOf(bind.getMessage());
    return text.contains("in use") ? IN_USE : text.replaceFirst("^\\[.*?] ", "");
  }

  private static @Nullable Throwable cause(Throwable failure, Class<? extends Throwable> type) {
    for (Throwable each = failure; each != null; each = each.getCause()) {
      if (type.isInstance(each)) {
        return each;
      }
    }
    return null;
  }

  /** An address as it goes into a URL. */
  static String text(InetSocketAddress address) {
    return new HostPort(address.getAddress().getHostAddress(), address.getPort()).toString();
  }

  private Program() {}
}
