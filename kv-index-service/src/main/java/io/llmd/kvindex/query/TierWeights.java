package io.llmd.kvindex.query;

/**
 * What a block is worth by the fastest tier that holds it, in [0, 1].
 *
 * @param gpu in an accelerator's memory
 * @param cpu in the host's memory
 * @param disk on a disk of the host
 * @param storage in storage that endpoints may share
 */
public record TierWeights(double gpu, double cpu, double disk, double storage) {

    /** llm-d's for memory, and a half for what is slower. */
    public static final TierWeights DEFAULT = new TierWeights(1, 0.8, 0.5, 0.5);

    public TierWeights {
        check("gpu", gpu);
        check("cpu", cpu);
        check("disk", disk);
        check("storage", storage);
    }

    private static void check(String name, double weight) {
        if (!(weight >= 0 && weight <= 1)) {
            throw new IllegalArgumentException("weights." + name + ": " + weight + " (expected: 0 to 1)");
        }
    }
}
