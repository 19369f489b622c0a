package io.llmd.lab.report;

import java.util.Map;

/** Why goals are missed that ours miss, as far as is known besides the figures. Written by people. */
final class Reasons {

    private static final Map<String, String> REASONS = Map.ofEntries(
            Map.entry(
                    "output-rate round-robin",
                    "Shortened stages leave round-robin's queues less time to grow, and where caches thrash the engine is faster than the measured one."),
            Map.entry(
                    "ttft-p90 llmd-default",
                    "Today's estimate follows the sizes of the engines' caches; the one of the measurement lost prefixes from 40 requests/s on. Half of its slow tenth is little more than its median, and would leave no room for waiting."),
            Map.entry("ttft-p90 round-robin", "Shortened stages leave round-robin's queues less time to grow."),
            Map.entry(
                    "ladder-hit one-lru",
                    "What two endpoints hold is computed twice, and once in the shared cache, which holds no answers besides."),
            Map.entry(
                    "ladder-ttft-mean best-contender",
                    "Below the knee it spreads groups over more endpoints than those that stay, and computes their prefixes again."),
            Map.entry(
                    "conversation-hit one-lru",
                    "It leaves the holder where waiting there costs more; those that stay hit more often and take longer to the first token."),
            Map.entry(
                    "goodput round-robin",
                    "Nobody can have 2.4 times as many where round-robin has more than 0.42; with two GPUs instead of four nobody keeps 50 ms between tokens."));

    private Reasons() {}

    /** A sentence behind a blank, empty where nothing is known. */
    static String of(String measure, String baseline) {
        String reason = REASONS.get(measure + " " + baseline);
        return reason == null ? "" : " " + reason;
    }
}
