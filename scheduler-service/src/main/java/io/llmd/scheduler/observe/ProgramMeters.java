package io.llmd.scheduler.observe;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.Iterator;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What programs have got. Clients name programs, so that only the first ones have series; those of a program that is not
 * heard of any more go. Not thread-safe.
 */
final class ProgramMeters {

    /** Reports without word of a program after which its series go: several policies may report in turn. */
    private static final int PATIENCE = 16;

    private static final class Series {
        private final SettableGauge wait;
        private final SettableGauge service;
        private long heard;

        private Series(MeterRegistry registry, String program) {
            Tags tags = Tags.of("program_id", program);
            wait = new SettableGauge(registry, SchedulerMeters.PROGRAM_WAIT.getName(), tags);
            service = new SettableGauge(registry, SchedulerMeters.PROGRAM_SERVICE.getName(), tags);
        }
    }

    private final MeterRegistry registry;
    private final int most;
    private final Map<String, Series> programs = new TreeMap<>();
    private @Nullable SettableGauge fairness;
    private long reports;

    /** At most {@code most} programs have series. */
    ProgramMeters(MeterRegistry registry, int most) {
        this.registry = registry;
        this.most = most;
    }

    /** A report begins; {@code jainsIndex} says how evenly programs are served. */
    void report(double jainsIndex) {
        reports++;
        for (Iterator<Series> i = programs.values().iterator(); i.hasNext(); ) {
            Series series = i.next();
            if (reports - series.heard > PATIENCE) {
                series.wait.remove();
                series.service.remove();
                i.remove();
            }
        }
        if (fairness == null) {
            fairness = new SettableGauge(registry, SchedulerMeters.PROGRAM_FAIRNESS.getName(), Tags.empty());
        }
        fairness.set(jainsIndex);
    }

    /** One program of the report. */
    void program(String id, double meanWaitMillis, double attainedTokens) {
        String label = LabelLimit.readable(id);
        Series series = programs.get(label);
        if (series == null) {
            if (programs.size() >= most) {
                return;
            }
            series = new Series(registry, label);
            programs.put(label, series);
        }
        series.heard = reports;
        series.wait.set(meanWaitMillis);
        series.service.set(attainedTokens);
    }
}
