package io.llmd.scheduler.prefix;

import java.util.Locale;

/**
 * How an index knows an endpoint.
 *
 * @param isConnected whether its events arrive
 * @param state how far they can be relied on
 * @param isComplete whether all that the endpoint holds is known
 * @param lagBatches batches of events that are known to be published and are not applied
 * @param trust what a block of it is worth in [0, 1]: less when nothing was heard for a while, 0 when nothing is known
 */
public record SourceView(boolean isConnected, State state, boolean isComplete, long lagBatches, double trust) {

    /** How far events can be relied on. */
    public enum State {
        /** None is missing. */
        EXACT,
        /** Some are being asked for, or none has come yet. */
        CATCHING_UP,
        /** Some are lost, or nothing was heard for a while. */
        DEGRADED;

        /** As the index service names states; its finer ones are put together. */
        static State named(String name) {
            return switch (name.toLowerCase(Locale.ROOT)) {
                case "exact" -> EXACT;
                case "catching_up", "waiting" -> CATCHING_UP;
                default -> DEGRADED;
            };
        }
    }

    /** Whether what is known is all that the endpoint holds, and recent. */
    public boolean isExact() {
        return state == State.EXACT && isComplete && trust >= 1;
    }
}
