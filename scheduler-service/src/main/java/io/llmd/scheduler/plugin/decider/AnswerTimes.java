package io.llmd.scheduler.plugin.decider;

import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.OutcomeReport.Cause;

/** How long streaming clients wait for first tokens and for last ones, as means that follow. Safe from any thread; O(1). */
final class AnswerTimes {

    private static final double NEWS = 0.02;
    private static final double USUAL_SHARE = 0.05;

    private double firstToken = Double.NaN;
    private double whole = Double.NaN;

    /** Learns from a streamed answer that is complete. */
    synchronized void ended(OutcomeReport report) {
        if (report.cause() == Cause.NATURAL && report.timeToFirstTokenMicros() > 0 && report.durationMicros() > 0) {
            firstToken = mean(firstToken, report.timeToFirstTokenMicros());
            whole = mean(whole, report.durationMicros());
        }
    }

    private static double mean(double known, double news) {
        return Double.isNaN(known) ? news : known + NEWS * (news - known);
    }

    /** Mean time to the first token in that to the last one, in (0, 1]; a usual one while nothing is known. */
    synchronized double firstTokenShare() {
        return Double.isNaN(whole) ? USUAL_SHARE : Math.min(1, firstToken / whole);
    }
}
