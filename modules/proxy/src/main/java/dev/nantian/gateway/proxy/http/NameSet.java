package dev.nantian.gateway.proxy.http;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A set of header names that is asked with received bytes.
 *
 * <p>Immutable. Built for the rare field: asking costs one hash of the name and a search among the
 * hashes.
 */
final class NameSet {
  /**
   * What a Connection option must not name (RFC 9110 section 7.6.1: not a field that is intended
   * for all recipients). Removing one of these would change whom a request is from, what it means
   * or where it ends, at the wish of who sends it: the class of attacks called hop-by-hop abuse.
   */
  static final NameSet NEVER_CONNECTION_OPTIONS =
      of(
          "authorization",
          "cache-control",
          "content-encoding",
          "content-length",
          "content-range",
          "content-type",
          "cookie",
          "date",
          "expect",
          "forwarded",
          "host",
          "location",
          "origin",
          "set-cookie",
          "transfer-encoding",
          "vary",
          "via",
          "www-authenticate",
          "x-forwarded-for",
          "x-forwarded-host",
          "x-forwarded-port",
          "x-forwarded-proto",
          "x-real-ip",
          "x-request-id");

  /**
   * What a trailer must not be (RFC 9110 section 6.5.1): framing, routing, request modifiers,
   * authentication, response control, and what says how to read the content. A recipient that
   * merges trailers into the header section would take them for what we have judged already.
   */
  static final NameSet NEVER_TRAILERS =
      of(
          "age",
          "authorization",
          "cache-control",
          "connection",
          "content-encoding",
          "content-length",
          "content-range",
          "content-type",
          "cookie",
          "date",
          "expect",
          "expires",
          "forwarded",
          "host",
          "if-match",
          "if-modified-since",
          "if-none-match",
          "if-range",
          "if-unmodified-since",
          "keep-alive",
          "location",
          "max-forwards",
          "origin",
          "pragma",
          "proxy-authenticate",
          "proxy-authorization",
          "proxy-connection",
          "range",
          "retry-after",
          "set-cookie",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade",
          "vary",
          "via",
          "www-authenticate",
          "x-forwarded-for",
          "x-forwarded-host",
          "x-forwarded-port",
          "x-forwarded-proto",
          "x-real-ip",
          "x-request-id");

  private static final NameSet ORIGIN =
      of(
          "forwarded",
          "x-forwarded-for",
          "x-forwarded-host",
          "x-forwarded-port",
          "x-forwarded-proto",
          "x-real-ip");

  /** Fields that are protected beside those of the two sets. */
  private static final NameSet ALSO_PROTECTED =
      of(
          "keep-alive",
          "proxy-authorization",
          "proxy-connection",
          "te",
          "upgrade",
          "x-original-url",
          "x-rewrite-url");

  private final int[] hashes;
  private final HeaderName[] names;

  private NameSet(HeaderName[] names) {
    this.names = names;
    this.hashes = Stream.of(names).mapToInt(HeaderName::hash).toArray();
    Set<Integer> distinct = new HashSet<>();
    for (int hash : hashes) {
      if (!distinct.add(hash)) {
        throw new IllegalArgumentException("two names of one hash: " + Arrays.toString(names));
      }
    }
  }

  /** A set of these names, no two of which share a hash. */
  private static NameSet of(String... names) {
    return new NameSet(
        Stream.of(names)
            .map(HeaderName::of)
            .sorted((a, b) -> Integer.compare(a.hash(), b.hash()))
            .toArray(HeaderName[]::new));
  }

  /**
   * True if the name {@code [start, end)} is one that we judge, once each underscore is read as the
   * hyphen that CGI cannot tell it from. Those that claim an origin are not meant: they go the way
   * of what they look like, with the sanitising of forwarded fields.
   */
  static boolean isLookalike(byte[] bytes, int start, int end) {
    byte[] name = Arrays.copyOfRange(bytes, start, end);
    for (int i = 0; i < name.length; i++) {
      if (name[i] == '_') {
        name[i] = '-';
      }
    }
    int hash = HeaderName.hash(name, 0, name.length);
    if (ORIGIN.contains(name, 0, name.length, hash)) {
      return false;
    }
    return NEVER_CONNECTION_OPTIONS.contains(name, 0, name.length, hash)
        || NEVER_TRAILERS.contains(name, 0, name.length, hash)
        || ALSO_PROTECTED.contains(name, 0, name.length, hash);
  }

  /**
   * True if {@code bytes[offset, offset + length)} is one of the names in any case.
   *
   * @param hash {@link HeaderName#hash(byte[], int, int)} of it
   */
  boolean contains(byte[] bytes, int offset, int length, int hash) {
    int index = Arrays.binarySearch(hashes, hash);
    return index >= 0 && names[index].matches(bytes, offset, length);
  }
}
