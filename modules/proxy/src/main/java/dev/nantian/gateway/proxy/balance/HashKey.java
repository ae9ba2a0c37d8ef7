package dev.nantian.gateway.proxy.balance;

import dev.nantian.gateway.proxy.http.Cookies;
import dev.nantian.gateway.proxy.http.HeaderName;
import dev.nantian.gateway.proxy.http.RequestHead;

/** What of a request decides its endpoint. */
public sealed interface HashKey {
  /** Stands for "the request has no such key"; no key hashes to it. */
  long ABSENT = 0;

  /**
   * Hash of the request's key; allocates nothing.
   *
   * @param source the client's address as text
   * @return {@link #ABSENT} if the request has none
   */
  long of(RequestHead request, byte[] source);

  private static long present(long hash) {
    return hash == ABSENT ? 1 : hash;
  }

  /** The client's address, without port. */
  record SourceIp() implements HashKey {
    @Override
    public long of(RequestHead request, byte[] source) {
      return of(source);
    }

    /** Hash of an address as text. */
    public long of(byte[] source) {
      return present(KeyHash.of(source, 0, source.length));
    }
  }

  /** The first field of this name. */
  record Header(HeaderName name) implements HashKey {
    @Override
    public long of(RequestHead request, byte[] source) {
      int slot = request.indexOf(name, 0);
      return slot < 0
          ? ABSENT
          : present(
              KeyHash.of(request.bytes(), request.valueOffset(slot), request.valueLength(slot)));
    }
  }

  /** The host of the request, without port. */
  record Hostname() implements HashKey {
    @Override
    public long of(RequestHead request, byte[] source) {
      return request.hostLength() == 0
          ? ABSENT
          : present(KeyHash.of(request.bytes(), request.hostOffset(), request.hostLength()));
    }
  }

  /** The value of this cookie. */
  record Cookie(String name) implements HashKey {
    @Override
    public long of(RequestHead request, byte[] source) {
      long value = Cookies.find(request, name);
      return value == Cookies.NONE
          ? ABSENT
          : present(KeyHash.of(request.bytes(), Cookies.offset(value), Cookies.length(value)));
    }
  }

  /** The path, without query. */
  record Path() implements HashKey {
    @Override
    public long of(RequestHead request, byte[] source) {
      return present(KeyHash.of(request.bytes(), request.pathOffset(), request.pathLength()));
    }
  }
}
