package dev.nantian.gateway.proxy.http;

/** The version of HTTP that a client speaks. */
public enum HttpVersion {
  HTTP_1_0("HTTP/1.0"),
  HTTP_1_1("HTTP/1.1"),
  HTTP_2("HTTP/2");

  private final String text;

  HttpVersion(String text) {
    this.text = text;
  }

  /** As in logs and metrics: {@code HTTP/2}. */
  public String text() {
    return text;
  }
}
