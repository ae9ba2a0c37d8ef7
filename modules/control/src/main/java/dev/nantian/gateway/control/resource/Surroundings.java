package dev.nantian.gateway.control.resource;

import dev.nantian.gateway.control.address.AddressActor;
import dev.nantian.gateway.control.mailbox.InFlight;
import dev.nantian.gateway.control.mailbox.Mailbox;
import dev.nantian.gateway.control.snapshot.SnapshotActor;
import dev.nantian.gateway.control.status.StatusActor;
import dev.nantian.gateway.control.xds.NodesActor;
import java.time.Clock;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The actors that every resource actor talks to.
 *
 * @param translations counts translations, for metrics
 */
public record Surroundings(
    Mailbox<SnapshotActor.Message> snapshot,
    Mailbox<NodesActor.Message> nodes,
    Mailbox<AddressActor.Message> addresses,
    Mailbox<StatusActor.Message> statuses,
    InFlight inFlight,
    Clock clock,
    AtomicLong translations) {}
