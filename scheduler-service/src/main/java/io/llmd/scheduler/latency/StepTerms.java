package io.llmd.scheduler.latency;

import io.llmd.scheduler.latency.LatencySample.Kind;

/**
 * What the time of a request is a sum of, after how engines work: each step takes a fixed time, computes prompt tokens up to
 * a budget, and reads the context of all requests that generate. None of the terms is below zero, and more of each takes
 * longer.
 */
enum StepTerms {
    /** Waiting for prompts ahead, for the running step and for room; computing what is not cached. */
    FIRST_TOKEN(9, -1) {
        @Override
        void fill(LatencyInputs in, double recent, double[] terms) {
            double work = in.uncached() + in.queued();
            terms[0] = 1;
            terms[1] = in.uncached();
            terms[2] = in.queued();
            terms[3] = attention(in);
            terms[4] = in.context() * (1 + work / STEP);
            terms[5] = in.running() / TEN;
            terms[6] = in.running() * work / HUNDRED;
            terms[7] = in.waiting();
            terms[8] = in.waiting() * in.fullness();
        }

        @Override
        double sum(LatencyInputs in, double recent, double[] factors) {
            double work = in.uncached() + in.queued();
            return factors[0]
                    + factors[1] * in.uncached()
                    + factors[2] * in.queued()
                    + factors[3] * attention(in)
                    + factors[4] * in.context() * (1 + work / STEP)
                    + factors[5] * in.running() / TEN
                    + factors[6] * in.running() * work / HUNDRED
                    + factors[7] * in.waiting()
                    + factors[8] * in.waiting() * in.fullness();
        }
    },

    /** A step with its requests and their context; prompts that share it; and what tokens took of late. */
    OUTPUT_TOKEN(8, 6) {
        @Override
        void fill(LatencyInputs in, double recent, double[] terms) {
            terms[0] = 1;
            terms[1] = in.running() / TEN;
            terms[2] = in.context();
            terms[3] = in.queued();
            terms[4] = in.uncached();
            terms[5] = in.input() / TEN;
            terms[6] = recent;
            terms[7] = in.waiting();
        }

        @Override
        double sum(LatencyInputs in, double recent, double[] factors) {
            return factors[0]
                    + factors[1] * in.running() / TEN
                    + factors[2] * in.context()
                    + factors[3] * in.queued()
                    + factors[4] * in.uncached()
                    + factors[5] * in.input() / TEN
                    + factors[6] * recent
                    + factors[7] * in.waiting();
        }
    };

    /** Thousands of tokens in a step that prompts fill, roughly. */
    private static final double STEP = 8;

    private static final double TEN = 10;
    private static final double HUNDRED = 100;

    private final int count;
    private final int recentTerm;

    StepTerms(int count, int recentTerm) {
        this.count = count;
        this.recentTerm = recentTerm;
    }

    static StepTerms of(Kind kind) {
        return switch (kind) {
            case TIME_TO_FIRST_TOKEN -> FIRST_TOKEN;
            case TIME_PER_OUTPUT_TOKEN -> OUTPUT_TOKEN;
        };
    }

    int count() {
        return count;
    }

    /** The term that is a time itself, -1 when none is. */
    int recentTerm() {
        return recentTerm;
    }

    /**
     * Writes the terms.
     *
     * @param recent milliseconds that an output token took on the endpoint of late, 0 when nobody knows
     * @param terms room for {@link #count}
     */
    abstract void fill(LatencyInputs in, double recent, double[] terms);

    /** The sum of the terms times {@code factors}, without an array in between. */
    abstract double sum(LatencyInputs in, double recent, double[] factors);

    /** New tokens look at all tokens before them. */
    private static double attention(LatencyInputs in) {
        return in.uncached() * (in.cached() + in.uncached() / 2) / HUNDRED;
    }
}
