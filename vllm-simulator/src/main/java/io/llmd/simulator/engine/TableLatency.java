package io.llmd.simulator.engine;

import java.util.Objects;

/**
 * Step time from measurements: interpolated between them, and continued beyond them as between the last two.
 *
 * <p>A step of prompts alone takes what the table of prefills says for their tokens after the context computed before;
 * a step of decodes alone what the other table says for their number and mean context. In a step of both, each decode
 * adds what it takes beyond the smallest decode step, since weights and overhead are there once.
 *
 * @param prefill steps by prompt tokens and context before them
 * @param decode steps by decoding sequences and mean context of these
 * @param apiNanos of a request before the engine sees it
 */
public record TableLatency(Grid prefill, Grid decode, long apiNanos) implements LatencyModel {
    public TableLatency {
        Objects.requireNonNull(prefill, "prefill");
        Objects.requireNonNull(decode, "decode");
        if (apiNanos < 0) {
            throw new IllegalArgumentException("apiNanos: " + apiNanos + " (expected: >= 0)");
        }
    }

    @Override
    public double stepNanos(StepLoad load) {
        double prompts = load.prefillTokens() == 0 ? 0 : prefill.at(load.prefillTokens(), contextBefore(load));
        if (load.decodes() == 0) {
            return prompts;
        }
        double decodes = decode.at(load.decodes(), (double) load.decodeContext() / load.decodes());
        return load.prefillTokens() == 0 ? decodes : prompts + Math.max(0, decodes - decode.smallest());
    }

    /** Context before the prompt tokens of a step, as if they were one chunk with as many pairs to attend to. */
    private static double contextBefore(StepLoad load) {
        return Math.max(0, load.prefillAttention() / load.prefillTokens() - load.prefillTokens() / 2.0);
    }

    /**
     * Measured times for all pairs of two quantities.
     *
     * @param sizes first quantity, ascending
     * @param contexts second quantity, ascending
     * @param nanos time for each size and each context
     */
    public record Grid(double[] sizes, double[] contexts, double[][] nanos) {
        public Grid {
            requireAscending("sizes", sizes);
            requireAscending("contexts", contexts);
            if (nanos.length != sizes.length) {
                throw new IllegalArgumentException(
                        "nanos: " + nanos.length + " rows (expected: " + sizes.length + ", one for each size)");
            }
            for (double[] row : nanos) {
                if (row.length != contexts.length) {
                    throw new IllegalArgumentException("nanos: " + row.length + " times in a row (expected: "
                            + contexts.length + ", one for each context)");
                }
            }
        }

        double smallest() {
            return nanos[0][0];
        }

        double at(double size, double context) {
            int row = segment(sizes, size);
            double low = inRow(row, context);
            if (sizes.length == 1) {
                return Math.max(0, low);
            }
            double high = inRow(row + 1, context);
            return Math.max(0, between(sizes[row], low, sizes[row + 1], high, size));
        }

        private double inRow(int row, double context) {
            int column = segment(contexts, context);
            return contexts.length == 1
                    ? nanos[row][0]
                    : between(
                            contexts[column],
                            nanos[row][column],
                            contexts[column + 1],
                            nanos[row][column + 1],
                            context);
        }

        /** The pair of neighbours that a value lies between, or the outermost one. */
        private static int segment(double[] values, double value) {
            int segment = 0;
            while (segment < values.length - 2 && value > values[segment + 1]) {
                segment++;
            }
            return segment;
        }

        private static double between(double x1, double y1, double x2, double y2, double x) {
            return y1 + (y2 - y1) * (x - x1) / (x2 - x1);
        }

        private static void requireAscending(String name, double[] values) {
            boolean ascending = values.length > 0 && values[0] >= 0;
            for (int i = 1; i < values.length; i++) {
                ascending &= values[i] > values[i - 1];
            }
            if (!ascending) {
                throw new IllegalArgumentException(name + " (expected: at least one, >= 0, ascending)");
            }
        }
    }
}
