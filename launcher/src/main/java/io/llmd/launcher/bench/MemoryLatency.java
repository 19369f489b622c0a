package io.llmd.launcher.bench;

import java.util.SplittableRandom;

/** How long this machine takes to read memory at a place that only the read before told: what no order of instructions hides. */
final class MemoryLatency {

    private static final int LINE_INTS = 16;
    private static final int READS = 1 << 20;
    private static final int ROUNDS = 5;

    private MemoryLatency() {}

    /** Nanoseconds of one read, the best of several rounds. @param bytes that the places are spread over */
    static double nanos(int bytes) {
        int[] next = cycle(bytes / Integer.BYTES / LINE_INTS);
        double best = Double.MAX_VALUE;
        int at = 0;
        for (int round = 0; round < ROUNDS; round++) {
            long from = System.nanoTime();
            for (int i = 0; i < READS; i++) {
                at = next[at];
            }
            best = Math.min(best, (System.nanoTime() - from) / (double) READS);
        }
        if (at < 0) {
            throw new BenchFailure("a place below 0");
        }
        return best;
    }

    /** One cycle through all lines of the caches in random order (Sattolo's shuffle), at the first place of each. */
    private static int[] cycle(int lines) {
        int[] order = new int[lines];
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < lines; i++) {
            order[i] = i;
        }
        for (int i = lines - 1; i > 0; i--) {
            int other = random.nextInt(i);
            int swapped = order[i];
            order[i] = order[other];
            order[other] = swapped;
        }
        int[] next = new int[lines * LINE_INTS];
        for (int i = 0; i < lines; i++) {
            next[i * LINE_INTS] = order[i] * LINE_INTS;
        }
        return next;
    }
}
