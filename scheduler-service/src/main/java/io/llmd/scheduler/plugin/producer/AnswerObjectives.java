package io.llmd.scheduler.plugin.producer;

import java.util.Arrays;

/**
 * The times between tokens that the answers of one endpoint are held to, and how many to each. Those that differ by less than a
 * tenth count as one, so that there are a hundred at most. Not thread-safe; O(different ones).
 */
final class AnswerObjectives {

    private static final double TENTH = Math.log(1.1);
    private static final int FEW = 2;

    /** What is asked for below and above counts as this: nobody reads faster, or waits longer for a token. */
    private static final double LEAST_MILLIS = 1;

    private static final double MOST_MILLIS = 10_000;

    private int[] kinds = new int[FEW];
    private int[] answers = new int[FEW];
    private double[] sums = new double[FEW];
    private int size;

    /** How many different ones there are. */
    int size() {
        return size;
    }

    /** Answers that are held to one of them. */
    int answers(int index) {
        return answers[index];
    }

    /** Milliseconds between tokens that these are held to, in the mean. */
    double tokenMillis(int index) {
        return sums[index] / answers[index];
    }

    /** So many more answers, fewer when negative. @param tokenMillis that they are held to, 0 for nothing */
    void change(int count, double tokenMillis) {
        if (tokenMillis <= 0 || count == 0) {
            return;
        }
        double asked = Math.clamp(tokenMillis, LEAST_MILLIS, MOST_MILLIS);
        int kind = (int) Math.round(Math.log(asked) / TENTH);
        int at = Arrays.binarySearch(kinds, 0, size, kind);
        if (at < 0) {
            at = -at - 1;
            insert(at, kind);
        }
        answers[at] += count;
        sums[at] += count * asked;
        if (answers[at] <= 0) {
            move(at + 1, at);
            size--;
        }
    }

    private void insert(int at, int kind) {
        if (size == kinds.length) {
            kinds = Arrays.copyOf(kinds, 2 * size);
            answers = Arrays.copyOf(answers, 2 * size);
            sums = Arrays.copyOf(sums, 2 * size);
        }
        move(at, at + 1);
        kinds[at] = kind;
        answers[at] = 0;
        sums[at] = 0;
        size++;
    }

    private void move(int from, int to) {
        System.arraycopy(kinds, from, kinds, to, size - from);
        System.arraycopy(answers, from, answers, to, size - from);
        System.arraycopy(sums, from, sums, to, size - from);
    }
}
