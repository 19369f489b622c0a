package io.llmd.scheduler.explain;

import io.llmd.scheduler.scheduling.AskedTimes;
import io.llmd.scheduler.scheduling.LatencyObjectives;
import io.llmd.scheduler.scheduling.TimeCosts;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Says in one sentence what times a request was held to, what was expected, and whether it kept them. */
final class ExplainedTimes {

    private static final double MICROS_PER_MILLI = 1e3;

    private final AskedTimes asked;
    private final double firstTokenExpected;
    private final double tokenExpected;

    /** @param slot of the endpoint that answers */
    ExplainedTimes(TimeCosts costs, int slot) {
        asked = costs.asked();
        firstTokenExpected = costs.firstTokenMillis(slot);
        tokenExpected = costs.tokenMillis(slot);
    }

    /**
     * The sentence.
     *
     * @param attempt what became of the request, {@code null} when it was not sent anywhere
     * @return {@code null} when nobody asked for anything
     */
    @Nullable
    String text(@Nullable Attempt attempt, boolean isStreamed) {
        if (!asked.objectives().isAny()) {
            return null;
        }
        String expected = String.format(
                Locale.ROOT, "%s; expected %,.0f ms and %.1f ms", asked.text(), firstTokenExpected, tokenExpected);
        return attempt == null ? expected : expected + "; " + verdict(attempt, isStreamed);
    }

    private String verdict(Attempt attempt, boolean isStreamed) {
        if (!isStreamed) {
            return "not counted, for the answer is not streamed";
        }
        return switch (attempt.outcome()) {
            case IN_FLIGHT -> "the answer has not ended";
            case NATURAL -> complete(attempt);
            case CLIENT_DISCONNECT, EVICTED, ERROR, REJECTED -> "not counted, for the answer is not complete";
        };
    }

    private String complete(Attempt attempt) {
        if (attempt.usage().completionTokens() < 0) {
            return "not counted, for the answer does not say how many tokens it has";
        }
        int tokens = attempt.usage().completionTokens() / asked.answers();
        if (tokens < 2) {
            return "not counted, for the answer has fewer than two tokens";
        }
        long decoding = attempt.durationMicros() - attempt.timeToFirstTokenMicros();
        return verdict(attempt.timeToFirstTokenMicros() / MICROS_PER_MILLI, decoding / MICROS_PER_MILLI / (tokens - 1));
    }

    private String verdict(double firstTokenMillis, double tokenMillis) {
        LatencyObjectives objectives = asked.objectives();
        String took = String.format(Locale.ROOT, "took %,.0f ms and %.1f ms: ", firstTokenMillis, tokenMillis);
        boolean isLate = objectives.isFirstTokenLate(firstTokenMillis);
        boolean isSlow = objectives.areTokensSlow(tokenMillis);
        return took
                + (isLate && isSlow
                        ? "missed, both too late"
                        : isLate ? "missed, the first token too late" : isSlow ? "missed, the tokens too slow" : "met");
    }
}
