package io.llmd.scheduler.scheduling;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Arrays of scores that decisions use one after another. Safe from any thread: an array belongs to whoever took it until it
 * is given back. Keeps at most {@value #SHELVES} pairs, each as long as the candidates of the decision that gave it back.
 */
final class ScoreArrays {

    /** One array for the scores of one scorer, one for totals. */
    record Pair(double[] scores, double[] totals) {}

    private static final int SHELVES = 16;

    private final AtomicReferenceArray<Pair> shelves = new AtomicReferenceArray<>(SHELVES);

    /** Two arrays of {@code size}, the totals all 0. */
    Pair take(int size) {
        Pair pair = shelves.getAndSet(shelf(), null);
        if (pair == null || pair.scores().length != size) {
            return new Pair(new double[size], new double[size]);
        }
        Arrays.fill(pair.totals(), 0.0);
        return pair;
    }

    /** Takes back what nobody uses any more. */
    void giveBack(Pair pair) {
        shelves.set(shelf(), pair);
    }

    /** Threads that run beside each other usually have neighbouring ids. */
    private static int shelf() {
        return (int) Thread.currentThread().threadId() & (SHELVES - 1);
    }
}
