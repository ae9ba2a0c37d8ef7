package dev.nantian.gateway.proxy.takeover;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.FileDescriptor;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Waits, in a process that serves, for a new process that wants to take its listening sockets over.
 *
 * <pre>
 *   SERVING --greeting--> FROZEN (configuration stays, sockets are lent; it goes on serving)
 *   FROZEN --ready--> RELEASED (the new process serves, this one drains)
 *   FROZEN --the new process ends, errs or is late--> SERVING
 * </pre>
 *
 * <p>Thread-safe. Conversations are held on virtual threads.
 */
public final class Predecessor implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Predecessor.class);

  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(10);

  /** How long a new process may take to become ready; this one's configuration stays meanwhile. */
  static final Duration READY_LIMIT = Duration.ofMinutes(2);

  /** The process that serves, as the hand-over needs it. */
  public interface Serving {
    /**
     * Changes nothing any more, has all of its configuration on disk, and lends its sockets. It
     * goes on serving.
     */
    CompletionStage<List<LentSocket>> freeze();

    /** The hand-over did not come about: goes on as before {@link #freeze}. */
    void thaw();

    /** The new process serves: this one accepts no more. Completes when that is so. */
    CompletionStage<Void> release();

    /** The last word is said: drains and ends. */
    void leave();
  }

  private final TakeoverFolder folder;
  private final Serving serving;
  private final EventLoopGroup loop =
      new MultiThreadIoEventLoopGroup(
          1, new DefaultThreadFactory("proxy-takeover", true), EpollIoHandler.newFactory());
  private final AtomicBoolean taken = new AtomicBoolean();
  private volatile @Nullable Channel waiting;

  private Predecessor(TakeoverFolder folder, Serving serving) {
    this.folder = folder;
    this.serving = serving;
  }

  /**
   * Begins to wait.
   *
   * @param folder for the socket; made, or checked to be private to this user
   * @throws TakeoverException if the folder is not safe or another process waits there
   */
  public static Predecessor listen(Path folder, Serving serving) throws TakeoverException {
    var predecessor = new Predecessor(new TakeoverFolder(folder), serving);
    try {
      predecessor.bind();
      return predecessor;
    } catch (TakeoverException e) {
      var unused = predecessor.loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
      throw e;
    }
  }

  private void bind() throws TakeoverException {
    folder.secure();
    Path socket = folder.socket();
    if (folder.isAnswered()) {
      throw new TakeoverException(
          socket + ": another process waits there (expected a --data-dir of its own for each)");
    }
    removeStale(socket);
    var bound =
        new ServerBootstrap()
            .group(loop)
            .channel(EpollServerDomainSocketChannel.class)
            .childHandler(new Greeting())
            .bind(new DomainSocketAddress(socket.toFile()))
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw new TakeoverException(socket + ": " + bound.cause(), bound.cause());
    }
    waiting = bound.channel();
    try {
      // The folder keeps others out already, from the first moment on.
      Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
    } catch (IOException e) {
      throw new TakeoverException(socket + ": " + e, e);
    }
    LOG.info("hitless restart possible socket={}", socket);
  }

  /** What a process that was killed has left behind. */
  private static void removeStale(Path socket) throws TakeoverException {
    try {
      Files.deleteIfExists(socket);
    } catch (IOException e) {
      throw new TakeoverException(socket + ": cannot be deleted: " + e, e);
    }
  }

  /** Waits no more, and makes way for another process's socket. */
  @Override
  public void close() {
    if (taken.compareAndSet(false, true)) {
      stopWaiting();
    }
    var unused = loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }

  /**
   * Netty deletes the file with the channel, which must not come later: it may be another's then.
   */
  private void stopWaiting() {
    Channel here = waiting;
    if (here != null) {
      here.close().awaitUninterruptibly();
    }
  }

  private final class Greeting extends ChannelInitializer<Channel> {
    @Override
    protected void initChannel(Channel channel) {
      var conversation = new Conversation((EpollDomainSocketChannel) channel);
      channel.pipeline().addLast(conversation);
      Thread.ofVirtual().name("proxy-takeover").start(() -> talk(conversation));
    }
  }

  private void talk(Conversation conversation) {
    try (conversation) {
      conversation.requireSameUser();
      String greeting = conversation.line(ANSWER_LIMIT);
      if (!greeting.equals(Conversation.GREETING)) {
        conversation.say("refused: '" + greeting + "' (expected " + Conversation.GREETING + ")");
      } else if (!taken.compareAndSet(false, true)) {
        conversation.say("refused: another process is taking over");
      } else {
        handOver(conversation);
      }
    } catch (TakeoverException e) {
      LOG.warn("no takeover: {}", e.getMessage());
    }
  }

  private void handOver(Conversation conversation) throws TakeoverException {
    LOG.info("takeover begins, the configuration stays as it is until it is over");
    try {
      lend(conversation);
    } catch (TakeoverException | RuntimeException e) {
      serving.thaw();
      taken.set(false);
      LOG.warn("no takeover, serving on: {}", e.getMessage());
      return;
    }
    stopWaiting(); // the new process will wait here itself
    try {
      get(serving.release());
    } catch (TakeoverException e) {
      LOG.error("not all was given up, draining all the same: {}", e.getMessage());
    }
    LOG.info("taken over");
    try {
      conversation.say("released");
    } finally {
      serving.leave();
    }
  }

  private void lend(Conversation conversation) throws TakeoverException {
    List<LentSocket> sockets;
    try {
      sockets = get(serving.freeze());
    } catch (TakeoverException e) {
      conversation.say("refused: " + e.getMessage());
      throw e;
    }
    conversation.say(Conversation.GREETING);
    for (String line : Offer.of(sockets).lines()) {
      conversation.say(line);
    }
    require(conversation.line(ANSWER_LIMIT), "send");
    for (LentSocket socket : sockets) {
      for (FileDescriptor descriptor : socket.descriptors()) {
        conversation.send(descriptor);
      }
    }
    require(conversation.line(READY_LIMIT), "ready");
  }

  private static void require(String line, String expected) throws TakeoverException {
    if (!line.equals(expected)) {
      throw new TakeoverException("'" + line + "' came (expected " + expected + ")");
    }
  }

  private static <T> T get(CompletionStage<T> stage) throws TakeoverException {
    try {
      return stage.toCompletableFuture().get(ANSWER_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new TakeoverException(String.valueOf(e.getCause()), e);
    } catch (TimeoutException e) {
      throw new TakeoverException("no answer within " + ANSWER_LIMIT.toSeconds() + " s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TakeoverException("interrupted", e);
    }
  }
}
