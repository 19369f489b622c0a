package io.llmd.autoscaler.loop;

import java.time.Duration;
import java.util.Map;

/**
 * Which of several controllers decides, and what the one that does has published. The others compute the same, and show its numbers.
 * Calls do not block. Safe from any thread.
 */
public interface Office {

    /**
     * What was published of a variant.
     *
     * @param published its number
     * @param specified what was asked for then
     */
    record Shared(int published, int specified) {}

    /** Whether this one decides. */
    boolean isLeader();

    /** What was published last, by variant, also by another process; empty when none is known that is young enough to be carried out. */
    Map<String, Shared> published();

    /** Whether what was published last is known and young enough, be it nothing at all. */
    default boolean isKnown() {
        return !published().isEmpty();
    }

    /** How old what {@link #published} has is. */
    default Duration age() {
        return Duration.ZERO;
    }

    /** The numbers of a cycle in which this one led. */
    void publish(Map<String, Shared> numbers);

    /** A controller without others, which leaves nothing to the next. */
    Office ALONE = new Office() {
        @Override
        public boolean isLeader() {
            return true;
        }

        @Override
        public Map<String, Shared> published() {
            return Map.of();
        }

        @Override
        public void publish(Map<String, Shared> numbers) {}
    };
}
