package dev.nantian.gateway.proxy.loop;

import java.util.Locale;

/** Which Netty transport to use; {@code auto} takes epoll where it is available, else NIO. */
public enum TransportChoice {
  AUTO,
  IO_URING,
  EPOLL,
  NIO;

  /**
   * Reads a setting: {@code auto}, {@code io_uring}, {@code epoll} or {@code nio}.
   *
   * @throws IllegalArgumentException naming the value for anything else
   */
  public static TransportChoice parse(String text) {
    for (TransportChoice choice : values()) {
      if (choice.name().toLowerCase(Locale.ROOT).equals(text)) {
        return choice;
      }
    }
    throw new IllegalArgumentException(
        "transport: " + text + " (expected auto, io_uring, epoll or nio)");
  }
}
