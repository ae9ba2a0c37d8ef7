package dev.nantian.gateway.proxy.http;

/** How far a decoder came with the bytes it was given. */
public enum Progress {
  /** All bytes are taken in; more are needed. */
  INCOMPLETE,
  /** The part is complete; what follows it is still in the buffer. */
  COMPLETE,
  /** The message is refused for the decoder's {@code refusal()}; the connection is of no use. */
  REFUSED
}
