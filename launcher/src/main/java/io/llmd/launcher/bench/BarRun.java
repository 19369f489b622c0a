package io.llmd.launcher.bench;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.OptionalInt;

/**
 * What figures share while they are taken.
 *
 * @param folder of logs and files
 * @param progress takes lines for people
 */
record BarRun(Settings settings, Pinning pinning, Path folder, PrintWriter progress) {

    /** Bodies that hold a prompt of some 1 KiB. */
    static final int SHORT_BYTES = 1_280;

    static final LoadShape SHORT = new LoadShape(false, SHORT_BYTES, true);
    static final Duration DRAIN = Duration.ofSeconds(60);

    /**
     * How figures are taken.
     *
     * @param rounds measurements of which the median counts
     * @param seconds measured time of each figure in all, if not the usual one
     * @param warmUp of services before they are measured
     * @param share of the connections, streams and faults that the bars ask for, in (0, 1]; below 1 nothing is judged
     */
    record Settings(int rounds, OptionalInt seconds, Duration warmUp, double share) {}

    /** Length of one of the rounds. @param usualSeconds of all of them */
    Duration window(int usualSeconds) {
        return Duration.ofMillis(1_000L * settings.seconds().orElse(usualSeconds) / settings.rounds());
    }

    /** So many of a number that a bar asks for, at least 1. */
    int share(int number) {
        return Math.max(1, (int) (number * settings.share()));
    }

    void say(String line) {
        progress.println("  " + line);
        progress.flush();
    }

    /** A figure that has to be at most the bar. */
    GoalLine atMost(String goal, String name, Collection<Double> values, String unit, double bar) {
        return settings.share() < 1
                ? reported(goal, name, values, unit)
                : GoalLine.judged(goal, goal + "." + name, Figure.of(values), unit, bar, null, 0);
    }

    /** A figure that has to be at least the bar. */
    GoalLine atLeast(String goal, String name, Collection<Double> values, String unit, double bar) {
        return settings.share() < 1
                ? reported(goal, name, values, unit)
                : GoalLine.judgedAtLeast(goal, goal + "." + name, Figure.of(values), unit, bar, null);
    }

    /** A figure without a bar. */
    static GoalLine reported(String goal, String name, Collection<Double> values, String unit) {
        return GoalLine.reported(goal, goal + "." + name, Figure.of(values), unit, null, 0);
    }
}
