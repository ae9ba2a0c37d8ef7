package dev.nantian.gateway.proxy.takeover;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.unix.DomainSocketReadMode;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One connection between the two processes: lines of text both ways, and descriptors in between.
 *
 * <p>Its methods block and are for one thread, which is not an event loop.
 */
final class Conversation extends ChannelInboundHandlerAdapter implements AutoCloseable {
  /** The first line that either side says; the number grows when the lines after it change. */
  static final String GREETING = "nantian-takeover 1";

  private static final int MOST_LINE_BYTES = 1 << 10;

  /** What has come from the other side. */
  private sealed interface Heard {}

  private record Line(String text) implements Heard {}

  private record Descriptor(FileDescriptor descriptor) implements Heard {}

  private record End(String why) implements Heard {}

  private final EpollDomainSocketChannel channel;
  private final LinkedBlockingQueue<Heard> heard = new LinkedBlockingQueue<>();
  private final StringBuilder begun = new StringBuilder();

  Conversation(EpollDomainSocketChannel channel) {
    this.channel = channel;
  }

  /**
   * Who the kernel says is at the other end (unix(7), SO_PEERCRED).
   *
   * @throws TakeoverException if it is another user's process
   */
  void requireSameUser() throws TakeoverException {
    try {
      int peer = channel.peerCredentials().uid();
      int own = TakeoverFolder.ownUid();
      if (peer != own) {
        throw new TakeoverException(
            "the process at the other end runs as uid " + peer + " (expected " + own + ")");
      }
    } catch (IOException e) {
      throw new TakeoverException("the user at the other end cannot be found out: " + e, e);
    }
  }

  void say(String line) throws TakeoverException {
    send(Unpooled.copiedBuffer(line + "\n", StandardCharsets.UTF_8));
  }

  void send(FileDescriptor descriptor) throws TakeoverException {
    send((Object) descriptor);
  }

  private void send(Object message) throws TakeoverException {
    ChannelFuture sent = channel.writeAndFlush(message).awaitUninterruptibly();
    if (!sent.isSuccess()) {
      throw new TakeoverException("the other process is gone: " + sent.cause(), sent.cause());
    }
  }

  /** From now on descriptors are expected, or lines again. Say so to the other side only after. */
  void expect(DomainSocketReadMode what) {
    channel.eventLoop().submit(() -> channel.config().setReadMode(what)).awaitUninterruptibly();
  }

  String line(Duration limit) throws TakeoverException {
    return switch (next(limit)) {
      case Line(String text) -> text;
      case Descriptor _ -> throw new TakeoverException("a descriptor came (expected a line)");
      case End(String why) -> throw new TakeoverException(why);
    };
  }

  FileDescriptor descriptor(Duration limit) throws TakeoverException {
    return switch (next(limit)) {
      case Descriptor(FileDescriptor descriptor) -> descriptor;
      case Line(String text) ->
          throw new TakeoverException("'" + text + "' came (expected a descriptor)");
      case End(String why) -> throw new TakeoverException(why);
    };
  }

  private Heard next(Duration limit) throws TakeoverException {
    try {
      @Nullable Heard next = heard.poll(limit.toMillis(), TimeUnit.MILLISECONDS);
      if (next == null) {
        throw new TakeoverException(
            "the other process said nothing within " + limit.toSeconds() + " s");
      }
      return next;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TakeoverException("interrupted", e);
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (message instanceof FileDescriptor descriptor) {
      heard.add(new Descriptor(descriptor));
      return;
    }
    ByteBuf bytes = (ByteBuf) message;
    try {
      while (bytes.isReadable()) {
        char next = (char) bytes.readUnsignedByte(); // the lines are ASCII
        if (next == '\n') {
          heard.add(new Line(begun.toString()));
          begun.setLength(0);
        } else if (begun.append(next).length() > MOST_LINE_BYTES) {
          heard.add(new End("a line has more than " + MOST_LINE_BYTES + " bytes"));
          var unused = ctx.close();
          return;
        }
      }
    } finally {
      bytes.release();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    heard.add(new End("the other process has ended the conversation"));
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    heard.add(new End("the conversation failed: " + cause));
    var unused = ctx.close();
  }

  /** Ends it, and closes descriptors that came and that nobody took. */
  @Override
  public void close() {
    channel.close().awaitUninterruptibly();
    for (Heard each = heard.poll(); each != null; each = heard.poll()) {
      if (each instanceof Descriptor(FileDescriptor descriptor)) {
        InheritedSockets.close(descriptor);
      }
    }
  }
}
