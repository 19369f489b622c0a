package io.llmd.autoscaler.loop;

import io.llmd.autoscaler.analyzer.FitSample;
import io.llmd.autoscaler.collector.EngineReading;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One replica: since when it is there and ready, and what it did between two readings. For one thread. */
final class ReplicaTracker {

    private static final double LEAST_STEPS = 50;
    private static final double LONGEST_SECONDS = 120;
    private static final double DISQUALIFIED = 0.10;

    private final String id;
    private final double firstSeen;
    private double readySince = Double.NaN;
    private @Nullable EngineReading last;
    private @Nullable EngineReading base;

    ReplicaTracker(String id, double nowSeconds) {
        this.id = id;
        firstSeen = nowSeconds;
    }

    /** The last reading, null before the first. */
    @Nullable
    EngineReading last() {
        return last;
    }

    boolean isReady() {
        return !Double.isNaN(readySince);
    }

    boolean isStuck(double nowSeconds, double coldStart90) {
        return !isReady() && nowSeconds - firstSeen > 2 * coldStart90;
    }

    /** Whether it has been heard within a time. */
    boolean isFresh(double nowSeconds, double staleSeconds) {
        EngineReading known = last;
        return known != null && nowSeconds - known.atSeconds() <= staleSeconds;
    }

    /** Seconds that its start took, once: with the reading that shows it ready. */
    Optional<Double> becameReady(double nowSeconds) {
        if (isReady()) {
            return Optional.empty();
        }
        readySince = nowSeconds;
        return Optional.of(nowSeconds - firstSeen);
    }

    /** Takes a reading, and gives a sample where enough was done since the last. */
    Optional<FitSample> observe(EngineReading reading) {
        EngineReading from = base;
        last = reading;
        boolean isAnew = from == null
                || reading.steps() < from.steps()
                || reading.generated() < from.generated()
                || reading.atSeconds() - from.atSeconds() > LONGEST_SECONDS
                || reading.running() == 0;
        if (from != null && (reading.steps() < from.steps() || reading.generated() < from.generated())) {
            // It has begun anew in its place, and is as cold as any other that has.
            readySince = reading.atSeconds();
        }
        if (from == null || isAnew) {
            base = reading.running() > 0 ? reading : null;
            return Optional.empty();
        }
        double generated = reading.generated() - from.generated();
        if (generated < LEAST_STEPS) {
            return Optional.empty();
        }
        base = reading;
        return Optional.of(sample(from, reading));
    }

    private FitSample sample(EngineReading from, EngineReading to) {
        double seconds = to.atSeconds() - from.atSeconds();
        double steps = to.steps() - from.steps();
        double prompts =
                Math.max(0, to.promptTokens() - from.promptTokens() - orZero(to.cachedTokens() - from.cachedTokens()));
        double generated = to.generated() - from.generated();
        double running = (from.running() + to.running()) / 2;
        double context = (from.kvFill() + to.kvFill()) / 2 * to.kvTokens();
        double perStep = seconds / steps;
        boolean isCounted = steps >= LEAST_STEPS && Math.abs(generated / steps - running) <= DISQUALIFIED * running;
        if (!isCounted) {
            // Steps are not counted, or not all: the time between tokens stands for that of a step.
            double count = to.interTokenCount() - from.interTokenCount();
            perStep = count > 0 ? (to.interTokenSum() - from.interTokenSum()) / count : Double.NaN;
        }
        return new FitSample(
                id,
                to.atSeconds(),
                to.atSeconds() - readySince,
                perStep,
                isCounted ? prompts / steps : prompts * perStep / seconds,
                isCounted ? generated / steps : generated * perStep / seconds,
                context,
                orZero(to.preemptions() - from.preemptions()) > 0);
    }

    private static double orZero(double value) {
        return Double.isNaN(value) ? 0 : value;
    }
}
