package io.llmd.simulator.engine;

/**
 * LoRA adapters.
 *
 * @param maxAdapters distinct adapters in one step
 * @param maxHostAdapters adapters kept in host memory, at least {@code maxAdapters}
 * @param activateNanos to bring an adapter from host memory into a step
 * @param loadNanos to bring it into host memory first
 * @param stepShare share that each adapter in a step adds to its duration
 */
public record AdapterSettings(
        int maxAdapters, int maxHostAdapters, long activateNanos, long loadNanos, double stepShare) {

    /** One adapter of rank 16, 1.5 ms to activate and 80 MB at 2 GB/s to load. */
    public static final AdapterSettings DEFAULTS = new AdapterSettings(1, 1, 1_500_000, 40_000_000, 0.035);

    public AdapterSettings {
        if (maxAdapters < 1 || maxHostAdapters < maxAdapters) {
            throw new IllegalArgumentException("maxAdapters: " + maxAdapters + ", maxHostAdapters: " + maxHostAdapters
                    + " (expected: >= 1, >= maxAdapters)");
        }
        if (activateNanos < 0 || loadNanos < 0) {
            throw new IllegalArgumentException(
                    "activateNanos: " + activateNanos + ", loadNanos: " + loadNanos + " (expected: >= 0)");
        }
        if (!(stepShare >= 0 && stepShare <= 1)) {
            throw new IllegalArgumentException("stepShare: " + stepShare + " (expected: 0 to 1)");
        }
    }
}
