package dev.nantian.gateway.control.address;

import dev.nantian.gateway.control.mailbox.CountedBehavior;
import dev.nantian.gateway.control.mailbox.Mailbox;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.Behavior;

/**
 * Keeps the {@link AddressBook}. Created once by the control plane; after a crash it goes on with
 * the plan it has.
 */
public final class AddressActor extends CountedBehavior<AddressActor.Message> {

  /** What this actor understands. */
  public sealed interface Message {}

  /**
   * A Gateway's claim; replaces its earlier one. It is answered always, and again whenever the
   * answer changes.
   *
   * @param receiver called on this actor's thread; must only pass the assignment on
   */
  public record Put(AddressClaim claim, Consumer<AddressAssignment> receiver) implements Message {}

  /** A Gateway no longer wants an address. */
  public record Release(String gateway) implements Message {}

  /** Something is before the proxies for a Gateway, or has changed. */
  public record Found(Frontage frontage) implements Message {}

  /** What was before the proxies for a Gateway is gone. */
  public record Lost(String gateway) implements Message {}

  /** The hosts at which clients find the proxies, by IP address, are these now. */
  public record Hosts(List<String> addresses) implements Message {
    public Hosts {
      addresses = List.copyOf(addresses);
    }
  }

  private final AddressBook plan;
  private final Map<String, Consumer<AddressAssignment>> receivers = new HashMap<>();
  private final Map<String, AddressAssignment> assigned = new HashMap<>();

  public AddressActor(Mailbox<Message> self, AddressBook plan) {
    super(self);
    this.plan = plan;
  }

  @Override
  protected Behavior<Message> onMessage(Message message) {
    switch (message) {
      case Put(AddressClaim claim, Consumer<AddressAssignment> receiver) -> {
        receivers.put(claim.gateway(), receiver);
        Map<String, AddressAssignment> changed = plan.claim(claim);
        tell(changed);
        AddressAssignment unchanged = assigned.get(claim.gateway());
        if (!changed.containsKey(claim.gateway()) && unchanged != null) {
          receiver.accept(unchanged);
        }
      }
      case Release(String gateway) -> {
        receivers.remove(gateway);
        assigned.remove(gateway);
        tell(plan.release(gateway));
      }
      case Found(Frontage frontage) -> tell(plan.found(frontage));
      case Lost(String gateway) -> tell(plan.lost(gateway));
      case Hosts(List<String> addresses) -> tell(plan.hosts(addresses));
    }
    return this;
  }

  private void tell(Map<String, AddressAssignment> changed) {
    changed.forEach(
        (gateway, assignment) -> {
          assigned.put(gateway, assignment);
          Consumer<AddressAssignment> receiver = receivers.get(gateway);
          if (receiver != null) {
            receiver.accept(assignment);
          }
        });
  }
}
