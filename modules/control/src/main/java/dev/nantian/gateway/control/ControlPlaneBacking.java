package dev.nantian.gateway.control;

import dev.nantian.gateway.control.address.AddressActor;
import dev.nantian.gateway.control.address.AddressBook;
import dev.nantian.gateway.control.source.ResourceSource;
import dev.nantian.gateway.control.status.StatusSink;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** Where a control plane's objects come from, and where what it finds goes to. */
public interface ControlPlaneBacking {

  /** Not started yet; the control plane starts and closes it. */
  ResourceSource source();

  /** Decides on addresses; used by one actor only. */
  AddressBook addressBook();

  /** Hears of statuses. */
  StatusSink statusSink();

  /**
   * The control plane's actors are there, and the source is about to start.
   *
   * @param addresses takes what becomes known about addresses; any thread
   * @param follow takes where the replica that leads is, to which is reported what proxies have
   *     confirmed here; empty if this one leads, or none does. Any thread
   */
  void connect(
      Consumer<AddressActor.Message> addresses, Consumer<Optional<InetSocketAddress>> follow);

  /** The first complete state is reached: what is told from now on holds. Any thread. */
  void settled();

  /** Ends all but the source. */
  CompletionStage<Void> close();

  /** A source alone: statuses are only kept. */
  static ControlPlaneBacking of(ResourceSource source, AddressBook book) {
    return new ControlPlaneBacking() {
      @Override
      public ResourceSource source() {
        return source;
      }

      @Override
      public AddressBook addressBook() {
        return book;
      }

      @Override
      public StatusSink statusSink() {
        return StatusSink.NONE;
      }

      @Override
      public void connect(
          Consumer<AddressActor.Message> addresses, Consumer<Optional<InetSocketAddress>> follow) {}

      @Override
      public void settled() {}

      @Override
      public CompletionStage<Void> close() {
        return CompletableFuture.completedFuture(null);
      }
    };
  }
}
