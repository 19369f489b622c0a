package io.llmd.simulator.config;

import io.llmd.simulator.engine.CounterRandom;
import java.util.Arrays;

/** How many tokens an answer has when the request does not say; a function of the request's content. */
public sealed interface OutputLength {

    /**
     * Draws a length.
     *
     * @param key content and seed of the request; equal keys give equal lengths
     * @return at least 1
     */
    int draw(long key);

    /** Always the same length. */
    record Fixed(int tokens) implements OutputLength {
        public Fixed {
            if (tokens < 1) {
                throw new IllegalArgumentException("outputLength: " + tokens + " (expected: >= 1)");
            }
        }

        @Override
        public int draw(long key) {
            return tokens;
        }
    }

    /**
     * Lognormal, the usual shape of chat answers.
     *
     * @param median half of the answers are shorter
     * @param sigma standard deviation of the logarithm
     */
    record LogNormal(double median, double sigma) implements OutputLength {
        public LogNormal {
            if (!(median >= 1) || !(sigma >= 0) || Double.isInfinite(median) || sigma > 10) {
                throw new IllegalArgumentException(
                        "outputLength: median " + median + ", sigma " + sigma + " (expected: >= 1, 0 to 10)");
            }
        }

        @Override
        public int draw(long key) {
            double normal = CounterRandom.normal(CounterRandom.unit(key, 1, 3), CounterRandom.unit(key, 2, 3));
            double length = median * Math.exp(sigma * normal);
            return (int) Math.clamp(Math.round(length), 1, 1_000_000);
        }
    }

    /** Measured lengths, each as likely as the others. */
    record Empirical(int[] lengths) implements OutputLength {
        public Empirical {
            lengths = lengths.clone();
            if (lengths.length == 0 || Arrays.stream(lengths).anyMatch(length -> length < 1)) {
                throw new IllegalArgumentException(
                        "outputLength: " + Arrays.toString(lengths) + " (expected: lengths >= 1)");
            }
        }

        @Override
        public int draw(long key) {
            return lengths[(int) Long.remainderUnsigned(CounterRandom.bits(key, 1, 4), lengths.length)];
        }
    }
}
