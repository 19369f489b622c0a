package io.llmd.autoscaler.analyzer;

/**
 * llm-d's token capacity analyzer, for comparison (specs/autoscaling.md 1.8). Capacities and demands in tokens. Pure functions.
 */
public final class WvaTokens {

    private static final double UP = 0.85;
    private static final double DOWN = 0.70;

    private WvaTokens() {}

    /** Tokens in memory that a replica may hold. */
    public static double memoryCapacity(double kvTokens, double threshold) {
        return kvTokens * threshold;
    }

    /** Tokens in memory that a batch can make use of. */
    public static double computeCapacity(double input, double output, double stepTokens, double maxSequences) {
        double sequences = Math.min(stepTokens * output / (input + output), maxSequences);
        return sequences * (input + output / 2);
    }

    /** Tokens in use and those that waiting requests will need. @param perRequest mean prompt, with mean answer where decoded */
    public static double demand(double tokensInUse, double waiting, double perRequest) {
        return tokensInUse + waiting * perRequest;
    }

    /** Capacity that is missing. */
    public static double required(double demand, int anticipated, double perReplica) {
        return Math.max(0, demand / UP - anticipated * perReplica);
    }

    /** Capacity that is too much. */
    public static double spare(double demand, int ready, double perReplica) {
        return Math.max(0, ready * perReplica - demand / DOWN);
    }

    /** Replicas that a capacity amounts to when it is missing. */
    public static int toAdd(double required, double perReplica) {
        return (int) Math.ceil(required / perReplica);
    }

    /** Replicas that a capacity amounts to when it is too much. */
    public static int toRemove(double spare, double perReplica) {
        return (int) Math.floor(spare / perReplica);
    }
}
