package io.llmd.autoscaler.loop;

import io.llmd.autoscaler.analyzer.FitSample;
import io.llmd.autoscaler.collector.EngineReading;
import io.llmd.autoscaler.collector.Replica.Phase;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One replica: since when it is there and ready, and what it did between two readings. For one thread. */
final class ReplicaTracker {

    private static final double LEAST_STEPS = 50;
    private static final double LONGEST_SECONDS = 120;
    private static final double DISQUALIFIED = 0.10;

    private final String id;
    private final double firstSeen;
    private final boolean isNew;
    private Phase phase = Phase.UNKNOWN;
    private double waitingSince;
    private double readySince = Double.NaN;
    private @Nullable EngineReading last;
    private @Nullable EngineReading base;

    /** @param isNew whether it was started while this process watched */
    ReplicaTracker(String id, double nowSeconds, boolean isNew) {
        this.id = id;
        this.isNew = isNew;
        firstSeen = nowSeconds;
        waitingSince = nowSeconds;
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
        return !isReady() && (phase == Phase.FAILING || nowSeconds - waitingSince > 2 * coldStart90);
    }

    /** Whether it may serve although it was never heard: it was there before, or should have started long ago. */
    boolean mayServeUnheard(double nowSeconds, double coldStart90) {
        return phase == Phase.UNKNOWN && (!isNew || isStuck(nowSeconds, coldStart90));
    }

    /** Whether a reading is older than this replica: of the one that had its address before. */
    boolean isOfAnother(EngineReading reading) {
        return isNew && reading.atSeconds() < firstSeen;
    }

    /** What is known beside its page; gives the seconds that its start took, once it serves. */
    Optional<Double> phase(Phase next, double nowSeconds) {
        phase = next;
        if (next == Phase.UNKNOWN) {
            return Optional.empty();
        }
        if (next == Phase.SERVING) {
            return becameReady(nowSeconds);
        }
        if (isReady()) {
            readySince = Double.NaN;
            waitingSince = nowSeconds;
        }
        return Optional.empty();
    }

    /** It has answered, which shows that it serves where nobody else says. Gives the seconds that its start took, once. */
    Optional<Double> heard(double nowSeconds) {
        return phase == Phase.UNKNOWN ? becameReady(nowSeconds) : Optional.empty();
    }

    /** Whether it has been heard within a time. */
    boolean isFresh(double nowSeconds, double staleSeconds) {
        EngineReading known = last;
        return known != null && nowSeconds - known.atSeconds() <= staleSeconds;
    }

    private Optional<Double> becameReady(double nowSeconds) {
        if (isReady()) {
            return Optional.empty();
        }
        readySince = nowSeconds;
        // One that has served before is no start.
        return isNew && waitingSince == firstSeen ? Optional.of(nowSeconds - firstSeen) : Optional.empty();
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
