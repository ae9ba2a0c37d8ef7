package dev.nantian.gateway.proxy.check;

import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.health.CheckPolicy;
import dev.nantian.gateway.proxy.health.EndpointHealth;
import dev.nantian.gateway.proxy.proxyprotocol.ProxyHeaderPolicy;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;

/**
 * Checks the endpoints of all clusters whose policy says so, each at its own times.
 *
 * <p>Made by {@code ProxyNode}, one for each process, on the default dispatcher. It looks at the
 * clusters every second, so a new endpoint is checked within that time. If it crashes, verdicts
 * stay as they are; started again, it begins every streak anew.
 */
public final class CheckActor extends AbstractBehavior<CheckActor.Command> {
  /** What it is told. */
  public sealed interface Command {}

  /** No more checks. */
  public record Stop() implements Command {}

  private record Look() implements Command {}

  private record Due(Target target) implements Command {}

  private record Checked(Target target, String problem) implements Command {}

  /** One endpoint of one cluster. */
  private record Target(String cluster, InetSocketAddress endpoint) {}

  /** What is known of a target. */
  private static final class Course {
    private CheckPolicy policy;
    private @Nullable ProxyHeaderPolicy header;
    private EndpointHealth health;
    private final Streak streak = new Streak();

    Course(CheckPolicy policy, EndpointHealth health) {
      this.policy = policy;
      this.health = health;
    }
  }

  private static final Duration LOOK = Duration.ofSeconds(1);
  private static final double JITTER = 0.1;

  private final TimerScheduler<Command> timers;
  private final Supplier<List<Cluster>> clusters;
  private final Prober prober;
  private final HealthMeters meters;
  private final Map<Target, Course> courses = new HashMap<>();

  private CheckActor(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      Supplier<List<Cluster>> clusters,
      Prober prober,
      HealthMeters meters) {
    super(context);
    this.timers = timers;
    this.clusters = clusters;
    this.prober = prober;
    this.meters = meters;
  }

  /**
   * The actor.
   *
   * @param clusters all that there are now; called on the actor's thread
   * @param prober closed by whoever made it
   */
  public static Behavior<Command> create(
      Supplier<List<Cluster>> clusters, Prober prober, MeterRegistry registry) {
    HealthMeters meters = new HealthMeters(registry);
    Behavior<Command> behavior =
        Behaviors.setup(
            context ->
                Behaviors.withTimers(
                    timers -> {
                      timers.startTimerWithFixedDelay(new Look(), Duration.ZERO, LOOK);
                      return new CheckActor(context, timers, clusters, prober, meters);
                    }));
    return Behaviors.supervise(behavior)
        .onFailure(SupervisorStrategy.restartWithBackoff(LOOK, Duration.ofMinutes(1), 0.2));
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder().onMessage(Command.class, this::on).build();
  }

  private Behavior<Command> on(Command command) {
    switch (command) {
      case Look _ -> look();
      case Due(Target target) -> check(target);
      case Checked(Target target, String problem) -> checked(target, problem);
      case Stop _ -> {
        return Behaviors.stopped();
      }
    }
    return this;
  }

  private void look() {
    Set<Target> wanted = new HashSet<>();
    List<Cluster> now = clusters.get();
    for (Cluster cluster : now) {
      CheckPolicy policy = cluster.state().policy().checks();
      if (policy != null) {
        for (EndpointHealth health : cluster.state().health()) {
          Target target = new Target(cluster.name(), health.address());
          wanted.add(target);
          follow(target, policy, health).header = cluster.state().policy().proxyHeader();
        }
      }
    }
    for (Target target : Set.copyOf(courses.keySet())) {
      if (!wanted.contains(target)) {
        Course gone = courses.remove(target);
        timers.cancel(target);
        if (gone != null) {
          gone.health.checked(true); // nobody checks it any more
        }
      }
    }
    meters.follow(now);
  }

  private Course follow(Target target, CheckPolicy policy, EndpointHealth health) {
    Course known = courses.get(target);
    if (known == null) {
      Course begun = new Course(policy, health);
      courses.put(target, begun);
      // Spread: the endpoints of a large cluster must not be asked all at once.
      schedule(target, ThreadLocalRandom.current().nextLong(policy.intervalMillis()));
      return begun;
    }
    if (!known.policy.equals(policy)) {
      known.policy = policy;
      schedule(target, ThreadLocalRandom.current().nextLong(policy.intervalMillis()));
    }
    if (known.health.isOtherThan(health)) {
      known.health = health;
      health.checked(known.streak.isUp());
    }
    return known;
  }

  private void schedule(Target target, long millis) {
    timers.startSingleTimer(target, new Due(target), Duration.ofMillis(millis));
  }

  private void check(Target target) {
    Course course = courses.get(target);
    if (course == null) {
      return;
    }
    CheckPolicy policy = course.policy;
    InetSocketAddress address =
        policy.port() == 0
            ? target.endpoint()
            : new InetSocketAddress(target.endpoint().getAddress(), policy.port());
    getContext()
        .pipeToSelf(
            prober.check(
                policy.probe(),
                policy.port() == 0 ? course.header : null, // another port is another server
                address,
                policy.timeoutMillis()),
            (problem, error) ->
                new Checked(target, error == null ? problem : String.valueOf(error.getMessage())));
  }

  private void checked(Target target, String problem) {
    Course course = courses.get(target);
    if (course == null) {
      return;
    }
    CheckPolicy policy = course.policy;
    boolean passed = problem.isEmpty();
    meters.checked(target.cluster(), passed);
    if (course.streak.add(passed, policy.unhealthyThreshold(), policy.healthyThreshold())) {
      course.health.checked(passed);
      if (passed) {
        getContext()
            .getLog()
            .info(
                "endpoint passes checks backend={} endpoint={}",
                target.cluster(),
                target.endpoint());
      } else {
        getContext()
            .getLog()
            .warn(
                "endpoint fails checks backend={} endpoint={} reason={}",
                target.cluster(),
                target.endpoint(),
                problem);
      }
    }
    double jitter = ThreadLocalRandom.current().nextDouble(1 - JITTER, 1 + JITTER);
    schedule(target, Math.max(1, (long) (policy.intervalMillis() * jitter)));
  }
}
