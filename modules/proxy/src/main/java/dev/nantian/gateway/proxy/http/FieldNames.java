package dev.nantian.gateway.proxy.http;

/** The header names that the data plane itself reads or writes. */
public final class FieldNames {
  public static final HeaderName CONNECTION = HeaderName.of("connection");
  public static final HeaderName CONTENT_LENGTH = HeaderName.of("content-length");
  public static final HeaderName CONTENT_TYPE = HeaderName.of("content-type");
  public static final HeaderName EXPECT = HeaderName.of("expect");
  public static final HeaderName FORWARDED = HeaderName.of("forwarded");
  public static final HeaderName HOST = HeaderName.of("host");
  public static final HeaderName KEEP_ALIVE = HeaderName.of("keep-alive");
  public static final HeaderName LOCATION = HeaderName.of("location");
  public static final HeaderName PROXY_CONNECTION = HeaderName.of("proxy-connection");
  public static final HeaderName RETRY_AFTER = HeaderName.of("retry-after");
  public static final HeaderName SEC_WEBSOCKET_ACCEPT = HeaderName.of("sec-websocket-accept");
  public static final HeaderName SEC_WEBSOCKET_KEY = HeaderName.of("sec-websocket-key");
  public static final HeaderName TE = HeaderName.of("te");
  public static final HeaderName TRANSFER_ENCODING = HeaderName.of("transfer-encoding");
  public static final HeaderName UPGRADE = HeaderName.of("upgrade");
  public static final HeaderName USER_AGENT = HeaderName.of("user-agent");
  public static final HeaderName VIA = HeaderName.of("via");
  public static final HeaderName X_FORWARDED_FOR = HeaderName.of("x-forwarded-for");
  public static final HeaderName X_FORWARDED_HOST = HeaderName.of("x-forwarded-host");
  public static final HeaderName X_FORWARDED_PROTO = HeaderName.of("x-forwarded-proto");
  public static final HeaderName X_REQUEST_ID = HeaderName.of("x-request-id");

  private FieldNames() {}
}
