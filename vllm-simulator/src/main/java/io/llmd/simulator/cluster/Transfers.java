package io.llmd.simulator.cluster;

import io.llmd.simulator.engine.Deployment;
import io.llmd.simulator.engine.EngineEvent;
import io.llmd.simulator.engine.LeaseEnd;
import io.llmd.simulator.engine.TransferModel;
import java.util.HashSet;
import java.util.Set;

/** Blocks on their way from the endpoint that computed a prompt to the one that goes on. */
final class Transfers {
    private final Simulation simulation;
    private final SimulationSettings settings;
    private final Set<Long> acquainted = new HashSet<>();

    Transfers(Simulation simulation, SimulationSettings settings) {
        this.simulation = simulation;
        this.settings = settings;
    }

    /** Starts what a reader wants; fails it if nobody holds the blocks any more. */
    void begin(Flight flight, SimulatedEndpoint reader, EngineEvent.LoadWanted wanted) {
        if (wanted.tokens() == 0) {
            release(flight, LeaseEnd.NOTIFIED);
        } else if (!flight.leased) {
            complete(flight, reader, false);
        } else {
            TransferModel model = settings.transfer();
            Deployment deployment = reader.deployment();
            double alone = model.wireNanos(deployment, wanted.tokens());
            long setup = handshakeNanos(flight) + Math.round(model.setupNanos(deployment, wanted.blocks()));
            simulation.plan(simulation.now() + setup, () -> join(flight, reader, alone));
        }
    }

    private long handshakeNanos(Flight flight) {
        long pair = (long) flight.prefillEndpoint << 32 | flight.endpoint;
        return acquainted.add(pair) ? settings.transfer().handshakeNanos() : 0;
    }

    private void join(Flight flight, SimulatedEndpoint reader, double aloneNanos) {
        if (flight.stage == Flight.Stage.SERVED) {
            reader.link.add(flight, aloneNanos, simulation.now());
            watch(reader);
        }
    }

    /** Looks again when the next transfer ends, if nobody joins until then; who joins plans another look. */
    private void watch(SimulatedEndpoint reader) {
        long end = reader.link.nextEnd();
        if (end < EventQueue.NEVER) {
            simulation.plan(end, () -> endTransfers(reader));
        }
    }

    private void endTransfers(SimulatedEndpoint reader) {
        boolean ended = false;
        for (Flight flight = reader.link.takeEnded(simulation.now());
                flight != null;
                flight = reader.link.takeEnded(simulation.now())) {
            ended = true;
            complete(flight, reader, flight.leased);
            release(flight, LeaseEnd.NOTIFIED);
        }
        if (ended) {
            watch(reader);
        }
    }

    private void complete(Flight flight, SimulatedEndpoint reader, boolean loaded) {
        reader.engine.completeLoad(flight.request.id(), loaded, simulation.now());
        simulation.touched(reader);
    }

    /** Ends the transfer of a request that ended, and lets the holder know. */
    void giveUp(Flight flight) {
        SimulatedEndpoint reader = simulation.endpoint(flight.endpoint);
        reader.link.cancel(flight, simulation.now());
        watch(reader);
        release(flight, LeaseEnd.ABORTED);
    }

    private void release(Flight flight, LeaseEnd cause) {
        if (flight.leased) {
            flight.leased = false;
            SimulatedEndpoint holder = simulation.endpoint(flight.prefillEndpoint);
            holder.engine.endLease(flight.request.id(), cause, simulation.now());
            simulation.touched(holder);
        }
    }

    /** Extends the lease of a request again and again until its blocks are read. */
    void keepLease(Flight flight) {
        if (settings.heartbeatNanos() > 0) {
            simulation.plan(simulation.now() + settings.heartbeatNanos(), () -> heartbeat(flight));
        }
    }

    private void heartbeat(Flight flight) {
        if (flight.leased) {
            SimulatedEndpoint holder = simulation.endpoint(flight.prefillEndpoint);
            long deadline = simulation.now() + holder.settings().leaseNanos();
            holder.engine.extendLease(flight.request.id(), deadline, simulation.now());
            simulation.touched(holder);
            keepLease(flight);
        }
    }
}
