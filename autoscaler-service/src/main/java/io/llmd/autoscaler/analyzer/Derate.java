package io.llmd.autoscaler.analyzer;

/**
 * Feedback in one direction: replicas that fall behind although the model says they should not are worth less from then on
 * (specs/autoscaling.md 3.7). It limits the damage of a wrong fit and does not replace the fit. Immutable.
 *
 * @param factor what a replica is worth, in [0.5, 1]
 * @param troubledCycles cycles in a row with trouble
 */
public record Derate(double factor, int troubledCycles) {

    /** Replicas that are worth what the fit says. */
    public static final Derate NONE = new Derate(1, 0);

    private static final double LOWEST = 0.5;
    private static final double STEP = 0.93;
    private static final double RECOVERY = 1.004;
    private static final int CYCLES = 2;
    private static final double FULL = 0.80;
    private static final double NEAR_TARGET = 0.9;

    /**
     * What a cycle saw.
     *
     * @param areAllReady whether nothing starts
     * @param utilization predicted use of the binding dimension
     * @param backlogPerReplica requests that wait, by replica
     * @param memoryFill mean use of the memory for keys and values, in [0, 1]
     * @param latencyShare largest quantile 0.9 of a latency by its target; 0 without targets
     */
    public record Seen(
            boolean areAllReady, double utilization, double backlogPerReplica, double memoryFill, double latencyShare) {

        private boolean isTroubled() {
            return areAllReady
                    && utilization < 1
                    && (backlogPerReplica > 1 || memoryFill > FULL || latencyShare > NEAR_TARGET);
        }

        private boolean isCalm() {
            return backlogPerReplica <= 1 && memoryFill <= FULL && latencyShare <= NEAR_TARGET;
        }
    }

    public Derate {
        if (!(factor >= LOWEST && factor <= 1)) {
            throw new IllegalArgumentException("factor: " + factor + " (expected: 0.5 to 1)");
        }
    }

    /** After another cycle. */
    public Derate after(Seen seen) {
        if (seen.isTroubled()) {
            int cycles = troubledCycles + 1;
            return cycles >= CYCLES ? new Derate(Math.max(LOWEST, STEP * factor), 0) : new Derate(factor, cycles);
        }
        return new Derate(seen.isCalm() ? Math.min(1, RECOVERY * factor) : factor, 0);
    }
}
