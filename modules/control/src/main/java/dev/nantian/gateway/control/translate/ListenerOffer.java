package dev.nantian.gateway.control.translate;

import dev.nantian.gateway.protocol.config.v1.Listener;

/**
 * A listener that a ListenerSet would add to its Gateway.
 *
 * @param valid it can be served, as far as the ListenerSet itself goes
 * @param ready what it needs is in the configuration
 * @param message its configuration, under its name in the set
 */
public record ListenerOffer(
    String name, String protocol, boolean valid, boolean ready, Listener message) {
  int port() {
    return message.getPort();
  }

  String hostname() {
    return message.getHostname();
  }
}
