package dev.nantian.gateway.proxy;

import dev.nantian.gateway.protocol.ResourceType;
import io.netty.channel.epoll.Epoll;
import io.netty.handler.ssl.OpenSsl;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a first configuration needs and what takes long to load (native libraries, descriptors, the
 * tables of a curve), loaded on a thread of its own while the program reads its command line and
 * starts its actor system: a quarter of a second less to the first request where there is a second
 * processor.
 *
 * <p>Thread-safe, once for each process. {@link #await} comes before anything else of the data
 * plane: Netty's TLS classes need each other to initialise, which two threads must not begin.
 */
public final class Preparation {
  private static final Logger LOG = LoggerFactory.getLogger(Preparation.class);
  private static final Thread THREAD =
      Thread.ofPlatform().daemon().name("prepare").start(Preparation::load);

  private Preparation() {}

  /** Begins it, unless it was begun; returns at once. */
  public static void begin() {
    // The call alone initialises this class, and so starts the thread.
  }

  /** Returns when it is done; begins it first if nobody has. */
  public static void await() {
    try {
      THREAD.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void load() {
    boolean epoll = Epoll.isAvailable();
    boolean tls = OpenSsl.isAvailable();
    int types = ResourceType.values().length;
    try {
      // Every EC certificate is checked against its key, the first of which builds these tables.
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      var unused = generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      LOG.debug("no P-256", e); // then a certificate that needs it will say so
    }
    LOG.debug("prepared epoll={} boringssl={} types={}", epoll, tls, types);
  }
}
