package io.llmd.lab.traffic;

import io.llmd.simulator.engine.CounterRandom;
import io.llmd.simulator.workload.TraceRow;
import io.llmd.simulator.workload.TraceWorkload;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/**
 * Requests of several kinds at once, each at random times and none like another, so that no cache helps. A kind may come in
 * bursts. The first tenth of the time does not count.
 */
public final class Streams implements Traffic {

    private static final double WARM_UP = 0.1;
    private static final long ARRIVAL = 1;
    private static final long KEPT = 2;
    private static final long PROMPT = 3;
    private static final long OUTPUT = 5;

    private final String name;
    private final List<Kind> kinds;
    private final double seconds;
    private final double speed;

    /**
     * Lognormal lengths in tokens.
     *
     * @param median of them
     * @param sigma of their logarithms; 0 for equal ones
     * @param most longest; longer ones are cut
     */
    public record Lengths(double median, double sigma, int most) {
        public Lengths {
            if (!(median >= 1) || !(sigma >= 0) || most < median) {
                throw new IllegalArgumentException("lengths: median " + median + ", sigma " + sigma + ", most " + most
                        + " (expected: >= 1, >= 0, >= median)");
            }
        }

        private int drawn(long seed, long key, long draw) {
            double normal =
                    CounterRandom.normal(CounterRandom.unit(seed, key, draw), CounterRandom.unit(seed, key, draw + 1));
            return (int) Math.clamp(median * Math.exp(sigma * normal), 1, most);
        }
    }

    /**
     * When a kind comes more often.
     *
     * @param factor on the rate in a burst, at least 1
     * @param seconds that a burst lasts
     * @param everySeconds from the beginning of one to that of the next
     */
    public record Bursts(double factor, double seconds, double everySeconds) {

        /** No bursts. */
        public static final Bursts NONE = new Bursts(1, 0, 1);

        public Bursts {
            if (!(factor >= 1) || !(seconds >= 0) || !(everySeconds >= seconds) || !(everySeconds > 0)) {
                throw new IllegalArgumentException("bursts: " + factor + " times for " + seconds + " s each "
                        + everySeconds + " s (expected: >= 1, >= 0, >= that and > 0)");
            }
        }

        /** Share of the peak rate at a time; each period ends with its burst. */
        private double share(double second) {
            return second % everySeconds >= everySeconds - seconds ? 1 : 1 / factor;
        }
    }

    /** Requests of one kind. @param requestsPerSecond outside of bursts */
    public record Kind(double requestsPerSecond, Lengths prompt, Lengths output, Bursts bursts) {
        public Kind {
            Objects.requireNonNull(prompt, "prompt");
            Objects.requireNonNull(output, "output");
            Objects.requireNonNull(bursts, "bursts");
            if (!(requestsPerSecond > 0) || Double.isInfinite(requestsPerSecond)) {
                throw new IllegalArgumentException("requestsPerSecond: " + requestsPerSecond + " (expected: > 0)");
            }
        }
    }

    /** @param seconds that requests come at speed 1 */
    public Streams(String name, List<Kind> kinds, double seconds) {
        this(name, kinds, seconds, 1);
    }

    private Streams(String name, List<Kind> kinds, double seconds, double speed) {
        if (!(seconds > 0) || !(speed > 0) || Double.isInfinite(speed)) {
            throw new IllegalArgumentException(
                    "seconds: " + seconds + ", speed: " + speed + " (expected: both above 0)");
        }
        this.name = name;
        this.kinds = List.copyOf(kinds);
        this.seconds = seconds;
        this.speed = speed;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Traffic atSpeed(double value) {
        return new Streams(name, kinds, seconds, value);
    }

    @Override
    public Load load(long seed) {
        List<TraceRow> rows = new ArrayList<>();
        for (int kind = 0; kind < kinds.size(); kind++) {
            addRows(kinds.get(kind), CounterRandom.bits(seed, kind, 0), rows);
        }
        rows.sort(Comparator.comparingLong(TraceRow::time));
        long warmUp = rows.stream()
                .filter(row -> row.time() < WARM_UP * seconds * 1e9)
                .count();
        return Load.of(new TraceWorkload(rows.iterator(), speed), request -> request.id() >= warmUp);
    }

    private void addRows(Kind kind, long seed, List<TraceRow> rows) {
        double peak = kind.requestsPerSecond() * kind.bursts().factor();
        double second = 0;
        for (long i = 0; ; i++) {
            second -= Math.log(CounterRandom.unit(seed, i, ARRIVAL)) / peak;
            if (second >= seconds) {
                return;
            }
            if (CounterRandom.unit(seed, i, KEPT) <= kind.bursts().share(second)) {
                rows.add(TraceRow.of(
                        (long) (second * 1e9),
                        kind.prompt().drawn(seed, i, PROMPT),
                        kind.output().drawn(seed, i, OUTPUT)));
            }
        }
    }
}
