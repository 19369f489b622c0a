package io.llmd.simulator.engine;

/**
 * How long one engine needs to read KV blocks from another.
 *
 * @param baseNanos of each transfer
 * @param descriptorNanos of each descriptor; a block has two for each layer on each GPU
 * @param bytesPerSecond of one GPU's network interface, shared fairly by the transfers on it
 * @param handshakeNanos of the first contact between two engines
 */
public record TransferModel(long baseNanos, double descriptorNanos, double bytesPerSecond, long handshakeNanos) {

    /** 100 Gbit/s RoCE: 2 ms, 1.5 µs a descriptor, 12.1 GB/s, five seconds at first contact. */
    public static final TransferModel ROCE_100G = new TransferModel(2_000_000, 1500, 12.1e9, 5_000_000_000L);

    public TransferModel {
        if (baseNanos < 0 || !(descriptorNanos >= 0) || !(bytesPerSecond > 0) || handshakeNanos < 0) {
            throw new IllegalArgumentException("transfer: base " + baseNanos + " ns, descriptor " + descriptorNanos
                    + " ns, " + bytesPerSecond + " B/s, handshake " + handshakeNanos
                    + " ns (expected: >= 0, >= 0, > 0, >= 0)");
        }
    }

    /** Descriptors that each GPU of the reader posts. */
    public static long descriptors(Deployment reader, int blocks) {
        return 2L * blocks * reader.model().layers();
    }

    /** Bytes that each GPU of the reader receives. */
    public static long bytesPerGpu(Deployment reader, int tokens) {
        return tokens * reader.kvBytesPerToken() / reader.tensorParallel();
    }

    /**
     * Duration of one transfer, without the handshake; the GPUs of the reader work side by side.
     *
     * @param tokens to read
     * @param blocks they fill
     * @param sharing transfers on the interface at a time, this one included
     */
    public long nanos(Deployment reader, int tokens, int blocks, int sharing) {
        return Math.round(setupNanos(reader, blocks) + wireNanos(reader, tokens) * sharing);
    }

    /** The part of a transfer that others on the interface do not slow down. */
    public double setupNanos(Deployment reader, int blocks) {
        return baseNanos + descriptors(reader, blocks) * descriptorNanos;
    }

    /** The rest of it while no other transfer is on the interface. */
    public double wireNanos(Deployment reader, int tokens) {
        return bytesPerGpu(reader, tokens) / bytesPerSecond * 1e9;
    }

    /** The same fabric with the handshake taking another time. */
    public TransferModel withHandshakeNanos(long nanos) {
        return new TransferModel(baseNanos, descriptorNanos, bytesPerSecond, nanos);
    }
}
