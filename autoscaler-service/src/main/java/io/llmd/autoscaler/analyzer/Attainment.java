package io.llmd.autoscaler.analyzer;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Share of requests of the last five minutes that kept their targets, from running totals. That they kept both is not known of single
 * requests, so it is the smaller of the two shares. For one thread.
 */
public final class Attainment {

    private static final double WINDOW_SECONDS = 300;
    private static final double LEAST_SECONDS = 5;

    /**
     * Running totals.
     *
     * @param firstTokens requests whose first token was timed
     * @param goodFirstTokens of these, those that kept the target
     * @param answers requests whose time between tokens was measured
     * @param goodAnswers of these, those that kept the target
     */
    public record Totals(double firstTokens, double goodFirstTokens, double answers, double goodAnswers) {}

    private record Reading(double atSeconds, Totals totals) {}

    private final Deque<Reading> readings = new ArrayDeque<>();

    /** Takes totals; smaller ones than before begin anew, and of those that come faster than every five seconds only the last is kept. */
    public void add(double atSeconds, Totals totals) {
        Reading last = readings.peekLast();
        if (last != null
                && (totals.firstTokens() < last.totals().firstTokens()
                        || totals.answers() < last.totals().answers())) {
            readings.clear();
        }
        Reading before = secondLast();
        if (before != null && readings.getLast().atSeconds() < before.atSeconds() + LEAST_SECONDS) {
            readings.removeLast();
        }
        readings.addLast(new Reading(atSeconds, totals));
        while (readings.getFirst().atSeconds() < atSeconds - WINDOW_SECONDS) {
            readings.removeFirst();
        }
    }

    private @Nullable Reading secondLast() {
        var newest = readings.descendingIterator();
        if (!newest.hasNext()) {
            return null;
        }
        newest.next();
        return newest.hasNext() ? newest.next() : null;
    }

    /** In [0, 1]; NaN when nothing was timed. */
    public double share() {
        if (readings.size() < 2) {
            return Double.NaN;
        }
        Totals from = readings.getFirst().totals();
        Totals to = readings.getLast().totals();
        double first = share(to.goodFirstTokens() - from.goodFirstTokens(), to.firstTokens() - from.firstTokens());
        double between = share(to.goodAnswers() - from.goodAnswers(), to.answers() - from.answers());
        return Double.isNaN(first) ? between : Double.isNaN(between) ? first : Math.min(first, between);
    }

    private static double share(double good, double all) {
        return all > 0 ? Math.clamp(good / all, 0, 1) : Double.NaN;
    }
}
