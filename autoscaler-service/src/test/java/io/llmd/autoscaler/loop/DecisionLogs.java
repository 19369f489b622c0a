package io.llmd.autoscaler.loop;

/** Lets tests of other packages fill a log. */
public final class DecisionLogs {

    private DecisionLogs() {}

    public static void add(DecisionLog log, Cycle cycle) {
        log.add(cycle);
    }
}
