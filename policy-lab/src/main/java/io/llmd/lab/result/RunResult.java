package io.llmd.lab.result;

/**
 * What came of one run: one contender, one traffic, one seed. Shares are in [0, 1], times in milliseconds. Only requests
 * behind the warm-up count.
 *
 * @param requests that count
 * @param finished of them got a whole answer
 * @param rejected of them the router refused
 * @param timeToFirstToken of those with a first token
 * @param interToken mean time between tokens of those with two at least
 * @param gaps times between single tokens of all of them; empty where the simulation does not tell each token
 * @param endToEnd of those that finished
 * @param goodFirstToken share whose first token came in time; refused and failed ones are not good
 * @param good share whose other tokens came fast enough, too
 * @param split share whose prompt one endpoint computed and another one decoded
 * @param hitShare share of the prompts' tokens that came from a cache
 * @param sharedHitShare the same for one cache of the fleet's size
 * @param outputRate output tokens per second; mean of the stages where the traffic has stages
 * @param imbalance prompt tokens computed by the busiest endpoint, in means of all; 1 is even
 * @param preemptions in all engines
 * @param virtualSeconds that the run took on its own clock
 */
public record RunResult(
        String traffic,
        String contender,
        long seed,
        int requests,
        int finished,
        int rejected,
        Distribution timeToFirstToken,
        Distribution interToken,
        Distribution gaps,
        Distribution endToEnd,
        double goodFirstToken,
        double good,
        double split,
        double hitShare,
        double sharedHitShare,
        double outputRate,
        double imbalance,
        long preemptions,
        double virtualSeconds) {

    /** Hits, in those of one cache of the fleet's size; NaN where that had none. */
    public double hitEfficiency() {
        return sharedHitShare == 0 ? Double.NaN : hitShare / sharedHitShare;
    }
}
