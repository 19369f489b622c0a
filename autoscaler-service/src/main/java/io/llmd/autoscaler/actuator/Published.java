package io.llmd.autoscaler.actuator;

import io.llmd.autoscaler.loop.Cycle;
import io.llmd.autoscaler.loop.DecisionLog;
import io.llmd.autoscaler.planner.Decision;
import io.llmd.autoscaler.planner.VariantDecision;
import java.time.Duration;
import java.util.Optional;
import java.util.function.DoubleSupplier;

/**
 * What was published last about a variant, for those that carry it out. A number that is too old is none: an error lets them fall back
 * on what they were told to do then, whereas an old number, or 0, would be carried out. Safe from any thread.
 */
public final class Published {

    /** What is known of a variant. */
    public sealed interface Number {

        /** A number to carry out. */
        record Replicas(int replicas) implements Number {}

        /** No variant of that name is scaled. */
        record Unknown() implements Number {}

        /** Its number is only advice. */
        record Advice() implements Number {}

        /** Nothing has been decided yet. */
        record Pending() implements Number {}

        /** Nothing has been decided for so long. */
        record Stale(Duration age) implements Number {}
    }

    private final DecisionLog log;
    private final DoubleSupplier seconds;
    private final Duration staleAfter;

    /**
     * What is in a log.
     *
     * @param seconds the clock of the loop, which never goes back
     * @param staleAfter age from which nothing is carried out any more
     */
    public Published(DecisionLog log, DoubleSupplier seconds, Duration staleAfter) {
        this.log = log;
        this.seconds = seconds;
        this.staleAfter = staleAfter;
    }

    /** The number of {@code namespace/name}. */
    public Number of(String variant) {
        Optional<Cycle> last = log.last();
        if (last.isEmpty()) {
            return new Number.Pending();
        }
        Cycle cycle = last.get();
        double old = seconds.getAsDouble() - cycle.nowSeconds() + cycle.sharedSeconds();
        Duration age = Duration.ofNanos((long) (1e9 * old));
        Optional<VariantDecision> decided = cycle.published().stream()
                .map((Decision decision) -> decision.of(variant))
                .flatMap(Optional::stream)
                .findFirst();
        if (decided.isEmpty()) {
            return new Number.Unknown();
        }
        if (cycle.advised().contains(variant)) {
            return new Number.Advice();
        }
        return age.compareTo(staleAfter) > 0
                ? new Number.Stale(age)
                : new Number.Replicas(decided.get().desired());
    }
}
