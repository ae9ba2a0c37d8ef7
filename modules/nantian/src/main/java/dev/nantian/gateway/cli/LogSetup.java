package dev.nantian.gateway.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ConfiguratorRank;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import ch.qos.logback.core.spi.ContextAwareBase;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The program's logging: {@link KeyValueLayout} to standard error. Found by logback as a service,
 * which spares the XML parser at every start.
 */
@ConfiguratorRank(ConfiguratorRank.CUSTOM_HIGH_PRIORITY)
public final class LogSetup extends ContextAwareBase implements Configurator {

  @Override
  public ExecutionStatus configure(LoggerContext context) {
    var layout = new KeyValueLayout();
    layout.setContext(context);
    layout.start();
    var encoder = new LayoutWrappingEncoder<ILoggingEvent>();
    encoder.setContext(context);
    encoder.setLayout(layout);
    encoder.start();
    var appender = new ConsoleAppender<ILoggingEvent>();
    appender.setContext(context);
    appender.setTarget("System.err");
    appender.setEncoder(encoder);
    appender.start();
    ch.qos.logback.classic.Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    root.setLevel(Level.INFO);
    root.addAppender(appender);
    libraries(context, Level.WARN);
    // A port that is taken is told in one line by whoever wanted it.
    context.getLogger("org.apache.pekko.io.TcpListener").setLevel(Level.OFF);
    // pekko-http warns of every response that begins before its request ends; that is what a stream
    // is.
    context.getLogger("org.apache.pekko.actor.ActorSystemImpl").setLevel(Level.ERROR);
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }

  /** Sets the level of our own loggers; libraries follow only to DEBUG and TRACE. */
  static void level(String name) {
    var context = (LoggerContext) LoggerFactory.getILoggerFactory();
    Level level = Level.toLevel(name, Level.INFO);
    context.getLogger(Logger.ROOT_LOGGER_NAME).setLevel(level);
    libraries(context, level.isGreaterOrEqual(Level.INFO) ? Level.WARN : Level.INFO);
  }

  private static void libraries(LoggerContext context, Level level) {
    for (String library : new String[] {"org.apache.pekko", "io.netty", "io.grpc", "io.fabric8"}) {
      context.getLogger(library).setLevel(level);
    }
  }
}
