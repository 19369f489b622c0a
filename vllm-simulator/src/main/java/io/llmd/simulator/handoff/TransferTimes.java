package io.llmd.simulator.handoff;

import io.llmd.simulator.engine.CounterRandom;
import io.llmd.simulator.engine.Deployment;
import io.llmd.simulator.engine.TransferModel;
import io.llmd.simulator.engine.TransferSpread;
import io.llmd.simulator.metrics.NixlMeters;

/**
 * How long blocks are on their way over the network interfaces of one engine.
 *
 * @param transfer times of a transfer
 * @param spread of single ones
 * @param seed of the spread
 * @param timeScale factor on these times
 * @param blockTokens tokens in one block
 */
public record TransferTimes(
        Deployment deployment,
        TransferModel transfer,
        TransferSpread spread,
        long seed,
        double timeScale,
        int blockTokens) {
    private static final long SPREAD = 0x73_70_72L;

    /** The interfaces of the engine. */
    <T> TransferLink<T> link() {
        return new TransferLink<>(transfer.bytesPerSecond() / timeScale);
    }

    /** Time of the first contact with another engine. */
    long handshakeNanos() {
        return Math.round(transfer.handshakeNanos() * timeScale);
    }

    /**
     * Begins a transfer.
     *
     * @param draw which transfer of the engine it is
     * @param blocks to carry
     * @param share of them that is still to be carried, in (0, 1]
     * @param factor on its times
     */
    <T> void begin(TransferLink<T> link, T what, long draw, int blocks, double share, double factor, long now) {
        double preparation =
                transfer.baseNanos() + share * (transfer.setupNanos(deployment, blocks) - transfer.baseNanos());
        double carriage = transfer.wireNanos(deployment, blocks * blockTokens);
        long bits = CounterRandom.bits(seed, draw, SPREAD);
        double setup = spread.setupFactor(preparation, bits) * factor;
        double wire = spread.wireFactor(carriage, bits) * factor;
        link.begin(what, Math.round(preparation * timeScale * setup), share * bytes(blocks) * wire, now);
    }

    /** How long blocks are on their way while no others are. */
    double nanos(int blocks) {
        return timeScale
                * (transfer.setupNanos(deployment, blocks) + transfer.wireNanos(deployment, blocks * blockTokens));
    }

    /** Bytes for each GPU; whole blocks are carried, as in vLLM. */
    long bytes(int blocks) {
        return TransferModel.bytesPerGpu(deployment, blocks * blockTokens);
    }

    /** Counts a transfer that is over, once for each GPU. */
    void count(NixlMeters meters, int blocks, long nanos) {
        long descriptors = TransferModel.descriptors(deployment, blocks);
        double postNanos = descriptors * transfer.descriptorNanos() * timeScale;
        long bytes = bytes(blocks);
        for (int gpu = 0; gpu < deployment.tensorParallel(); gpu++) {
            meters.transferred(nanos / 1e9, postNanos / 1e9, bytes, descriptors);
        }
    }
}
