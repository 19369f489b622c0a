package io.llmd.simulator.cluster;

import io.llmd.simulator.engine.TransferModel;
import java.util.Objects;

/**
 * What lies between clients, router and endpoints. Times are nanoseconds.
 *
 * @param seed of the engines' noise and of the phases of scrapes
 * @param routingNanos from a client's request to the router's decision: parsing, tokenizing, proxying
 * @param networkNanos from a decision to its endpoint, and between endpoints
 * @param scrapeNanos between two scrapes of an endpoint's metrics
 * @param blockEventNanos until the router hears of an endpoint's blocks
 * @param transfer how long one endpoint needs to read blocks from another
 * @param heartbeatNanos between two extensions of a lease while a decode endpoint waits; 0 for none
 * @param endNanos when the simulation stops at the latest
 */
public record SimulationSettings(
        long seed,
        long routingNanos,
        long networkNanos,
        long scrapeNanos,
        long blockEventNanos,
        TransferModel transfer,
        long heartbeatNanos,
        long endNanos) {
    private static final long MILLI = 1_000_000;

    /**
     * No delay before the router, none behind it, metrics scraped each 50 ms, news of blocks after 5 ms, 100 Gbit/s
     * RoCE without handshakes, heartbeats each 5 s, no end.
     */
    public static final SimulationSettings DEFAULTS = new SimulationSettings(
            0,
            0,
            0,
            50 * MILLI,
            5 * MILLI,
            TransferModel.ROCE_100G.withHandshakeNanos(0),
            5000 * MILLI,
            Long.MAX_VALUE);

    public SimulationSettings {
        Objects.requireNonNull(transfer, "transfer");
        atLeast("routingNanos", routingNanos, 0);
        atLeast("networkNanos", networkNanos, 0);
        atLeast("scrapeNanos", scrapeNanos, 1);
        atLeast("blockEventNanos", blockEventNanos, 0);
        atLeast("heartbeatNanos", heartbeatNanos, 0);
        atLeast("endNanos", endNanos, 1);
    }

    /** The same with another seed. */
    public SimulationSettings withSeed(long value) {
        return new SimulationSettings(
                value, routingNanos, networkNanos, scrapeNanos, blockEventNanos, transfer, heartbeatNanos, endNanos);
    }

    /** The same with another time before and behind the router. */
    public SimulationSettings withDelays(long routing, long network) {
        return new SimulationSettings(
                seed, routing, network, scrapeNanos, blockEventNanos, transfer, heartbeatNanos, endNanos);
    }

    /** The same with another fabric between the endpoints. */
    public SimulationSettings withTransfer(TransferModel value) {
        return new SimulationSettings(
                seed, routingNanos, networkNanos, scrapeNanos, blockEventNanos, value, heartbeatNanos, endNanos);
    }

    /** The same with other heartbeats. */
    public SimulationSettings withHeartbeat(long value) {
        return new SimulationSettings(
                seed, routingNanos, networkNanos, scrapeNanos, blockEventNanos, transfer, value, endNanos);
    }

    /** The same with an end. */
    public SimulationSettings withEnd(long value) {
        return new SimulationSettings(
                seed, routingNanos, networkNanos, scrapeNanos, blockEventNanos, transfer, heartbeatNanos, value);
    }

    private static void atLeast(String name, long value, long least) {
        if (value < least) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: >= " + least + ")");
        }
    }
}
