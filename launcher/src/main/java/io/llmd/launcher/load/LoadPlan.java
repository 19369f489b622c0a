package io.llmd.launcher.load;

import java.time.Duration;

/**
 * One run of load.
 *
 * @param arrivals when requests are sent
 * @param duration how long requests are sent
 * @param warmUp requests sent in this first part of the run are not counted
 * @param model model name of the requests
 * @param promptTokens lengths of prompts
 * @param outputTokens lengths of answers
 * @param sharedPrefixShare leading share of each prompt that all requests of its group have in common, in [0, 1]
 * @param groups number of groups, at least 1
 * @param streamShare share of streamed requests, in [0, 1]
 * @param seed of everything random in the run
 * @param timeout longest time of one request
 * @param drain longest wait for answers after the last request
 * @param maxConnections most connections at a time
 * @param slo limits that make a request good
 * @param mix kinds of requests
 */
public record LoadPlan(
        Arrivals arrivals,
        Duration duration,
        Duration warmUp,
        String model,
        TokenLengths promptTokens,
        TokenLengths outputTokens,
        double sharedPrefixShare,
        int groups,
        double streamShare,
        long seed,
        Duration timeout,
        Duration drain,
        int maxConnections,
        Slo slo,
        RequestMix mix) {
    public LoadPlan {
        positive("for", duration);
        positive("timeout", timeout);
        if (warmUp.isNegative() || warmUp.compareTo(duration) >= 0) {
            throw new IllegalArgumentException("warmUp: " + warmUp + " (expected: shorter than " + duration + ")");
        }
        if (drain.isNegative()) {
            throw new IllegalArgumentException("drain: " + drain + " (expected: >= 0)");
        }
        share("sharedPrefixShare", sharedPrefixShare);
        share("streamShare", streamShare);
        if (groups < 1) {
            throw new IllegalArgumentException("groups: " + groups + " (expected: >= 1)");
        }
        if (maxConnections < 1) {
            throw new IllegalArgumentException("maxConnections: " + maxConnections + " (expected: >= 1)");
        }
    }

    /** A plan of requests of one kind. */
    public LoadPlan(
            Arrivals arrivals,
            Duration duration,
            Duration warmUp,
            String model,
            TokenLengths promptTokens,
            TokenLengths outputTokens,
            double sharedPrefixShare,
            int groups,
            double streamShare,
            long seed,
            Duration timeout,
            Duration drain,
            int maxConnections,
            Slo slo) {
        this(
                arrivals,
                duration,
                warmUp,
                model,
                promptTokens,
                outputTokens,
                sharedPrefixShare,
                groups,
                streamShare,
                seed,
                timeout,
                drain,
                maxConnections,
                slo,
                RequestMix.NONE);
    }

    private static void positive(String name, Duration value) {
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: > 0)");
        }
    }

    private static void share(String name, double value) {
        if (!(value >= 0 && value <= 1)) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: 0 to 1)");
        }
    }
}
