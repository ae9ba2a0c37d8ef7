package dev.nantian.gateway.proxy.takeover;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.DomainSocketReadMode;
import io.netty.channel.unix.FileDescriptor;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.FileNotFoundException;
import java.net.ConnectException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A new process's side of a hand-over: gets the sockets of the process that serves ({@link
 * #greet}), and tells it when it can serve itself ({@link #ready}). Ending before that leaves the
 * other process as it was.
 *
 * <p>Blocking, for one thread.
 */
public final class Successor implements AutoCloseable {
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(20);

  private static final Logger LOG = LoggerFactory.getLogger(Successor.class);

  private final TakeoverFolder folder;
  private final EventLoopGroup loop;
  private final Conversation conversation;
  private final InheritedSockets sockets;

  private Successor(
      TakeoverFolder folder,
      EventLoopGroup loop,
      Conversation conversation,
      InheritedSockets sockets) {
    this.folder = folder;
    this.loop = loop;
    this.conversation = conversation;
    this.sockets = sockets;
  }

  /**
   * Asks the process that waits in a folder for its sockets.
   *
   * @return empty if no process waits there
   * @throws TakeoverException if it refuses, or the folder or the process is not this user's
   */
  public static Optional<Successor> greet(Path folder) throws TakeoverException {
    var place = new TakeoverFolder(folder);
    if (!Files.exists(place.socket(), LinkOption.NOFOLLOW_LINKS)) {
      return Optional.empty();
    }
    place.secure();
    EventLoopGroup loop =
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("proxy-takeover", true), EpollIoHandler.newFactory());
    boolean greeted = false;
    try {
      Optional<Conversation> begun = connect(loop, place.socket());
      if (begun.isEmpty()) {
        return Optional.empty();
      }
      Conversation conversation = begun.get();
      InheritedSockets sockets = receive(conversation);
      greeted = true;
      return Optional.of(new Successor(place, loop, conversation, sockets));
    } finally {
      if (!greeted) {
        var unused = loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
      }
    }
  }

  private static Optional<Conversation> connect(EventLoopGroup loop, Path socket)
      throws TakeoverException {
    var connected =
        new Bootstrap()
            .group(loop)
            .channel(EpollDomainSocketChannel.class)
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel
                        .pipeline()
                        .addLast(new Conversation((EpollDomainSocketChannel) channel));
                  }
                })
            .connect(new DomainSocketAddress(socket.toFile()))
            .awaitUninterruptibly();
    if (connected.isSuccess()) {
      return Optional.of(connected.channel().pipeline().get(Conversation.class));
    }
    Throwable cause = connected.cause();
    if (cause instanceof ConnectException || cause instanceof FileNotFoundException) {
      return Optional.empty();
    }
    throw new TakeoverException(socket + ": " + cause, cause);
  }

  private static InheritedSockets receive(Conversation conversation) throws TakeoverException {
    conversation.requireSameUser();
    conversation.say(Conversation.GREETING);
    String greeting = conversation.line(ANSWER_LIMIT);
    if (!greeting.equals(Conversation.GREETING)) {
      throw new TakeoverException("the running process says: " + greeting);
    }
    List<String> lines = new ArrayList<>();
    for (String line = conversation.line(ANSWER_LIMIT);
        !line.equals(Offer.END);
        line = conversation.line(ANSWER_LIMIT)) {
      lines.add(line);
    }
    Offer offer;
    try {
      offer = Offer.parse(lines);
    } catch (IllegalArgumentException e) {
      throw new TakeoverException("the running process says: " + e.getMessage(), e);
    }
    conversation.expect(DomainSocketReadMode.FILE_DESCRIPTORS);
    conversation.say("send");
    List<LentSocket> sockets = new ArrayList<>();
    for (Offer.Entry entry : offer.entries()) {
      List<FileDescriptor> descriptors = new ArrayList<>();
      for (int i = 0; i < entry.count(); i++) {
        descriptors.add(conversation.descriptor(ANSWER_LIMIT));
      }
      sockets.add(new LentSocket(entry.key(), descriptors));
    }
    conversation.expect(DomainSocketReadMode.BYTES);
    return new InheritedSockets(sockets);
  }

  /** What was handed over. */
  public InheritedSockets sockets() {
    return sockets;
  }

  /** Tells the other process that this one serves from now on. */
  public void ready() throws TakeoverException {
    conversation.say("ready");
  }

  /**
   * Waits until the other process has given up what cannot be shared, or has ended.
   *
   * @throws TakeoverException if it goes on: it gave the hand-over up before it heard that this
   *     process is ready, which must end then
   */
  public void awaitRelease() throws TakeoverException {
    String line;
    try {
      line = conversation.line(ANSWER_LIMIT);
    } catch (TakeoverException e) {
      if (folder.isAnswered()) {
        throw new TakeoverException("the running process goes on: " + e.getMessage(), e);
      }
      LOG.warn("the process before this one has ended without a word: {}", e.getMessage());
      return;
    }
    if (!line.equals("released")) {
      throw new TakeoverException("'" + line + "' came (expected released)");
    }
  }

  @Override
  public void close() {
    conversation.close();
    var unused = loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
