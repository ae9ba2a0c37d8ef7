package dev.nantian.gateway.proxy.http;

/**
 * A request's method, target, authority and header fields (RFC 9110 section 7.1, RFC 9112 section
 * 3).
 *
 * <p>The codec has validated everything before it gives one of these away: the path is origin-form
 * and starts with {@code /} (or is {@code *} for OPTIONS), is canonical ({@link PathRules}), and
 * there is exactly one authority, lower-cased in {@link #bytes()}.
 *
 * <p>Owned by one exchange and touched only by the thread of its event loop.
 */
public final class RequestHead extends Head {
  private static final int TYPICAL_BYTES = 1024;

  private int methodOffset;
  private int methodLength;
  private int pathOffset;
  private int pathLength;
  private int queryOffset;
  private int queryLength = -1;
  private int hostOffset;
  private int hostLength;
  private int authorityPort = -1;
  private HttpVersion version = HttpVersion.HTTP_1_1;

  /** An empty head. */
  public RequestHead() {
    super(TYPICAL_BYTES);
  }

  @Override
  public void clear() {
    super.clear();
    methodLength = 0;
    pathLength = 0;
    queryLength = -1;
    hostLength = 0;
    authorityPort = -1;
    version = HttpVersion.HTTP_1_1;
  }

  /** Records the method token. */
  public void method(int offset, int length) {
    methodOffset = offset;
    methodLength = length;
  }

  /** Records (or rewrites) the path, without query. */
  public void path(int offset, int length) {
    pathOffset = offset;
    pathLength = length;
  }

  /**
   * Records the query without its {@code ?}; length -1 for none (which differs from an empty one).
   */
  public void query(int offset, int length) {
    queryOffset = offset;
    queryLength = length;
  }

  /**
   * Records the authority's host (lower case, IPv6 in brackets, no port) and port (-1 if it has
   * none).
   */
  public void authority(int hostOffset, int hostLength, int port) {
    this.hostOffset = hostOffset;
    this.hostLength = hostLength;
    this.authorityPort = port;
  }

  /** Records the HTTP/1 minor version, 0 or 1. */
  public void minorVersion(int minorVersion) {
    version = minorVersion == 0 ? HttpVersion.HTTP_1_0 : HttpVersion.HTTP_1_1;
  }

  /** Records the version of HTTP that the request came by. */
  public void version(HttpVersion version) {
    this.version = version;
  }

  /** The version of HTTP that the request came by. */
  public HttpVersion version() {
    return version;
  }

  public int methodOffset() {
    return methodOffset;
  }

  public int methodLength() {
    return methodLength;
  }

  public int pathOffset() {
    return pathOffset;
  }

  public int pathLength() {
    return pathLength;
  }

  public int queryOffset() {
    return queryOffset;
  }

  /** -1 if the target has no query. */
  public int queryLength() {
    return queryLength;
  }

  public int hostOffset() {
    return hostOffset;
  }

  public int hostLength() {
    return hostLength;
  }

  /** Port of the authority, -1 if it names none. */
  public int authorityPort() {
    return authorityPort;
  }

  /** 0 for HTTP/1.0; 1 for all that came after it. */
  public int minorVersion() {
    return version == HttpVersion.HTTP_1_0 ? 0 : 1;
  }

  /**
   * True if the method is exactly {@code method} (methods are case-sensitive, RFC 9110 section
   * 9.1).
   */
  public boolean methodIs(byte[] method) {
    if (method.length != methodLength) {
      return false;
    }
    byte[] bytes = bytes();
    for (int i = 0; i < method.length; i++) {
      if (bytes[methodOffset + i] != method[i]) {
        return false;
      }
    }
    return true;
  }
}
