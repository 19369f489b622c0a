package io.llmd.contracts.scaling;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.llmd.contracts.schedule.OutcomeReport.Cause;
import io.llmd.contracts.schedule.TokenUsage;
import java.util.List;
import java.util.Objects;

/**
 * Value of a record in the Kafka topic {@value #TOPIC}: attempts of requests for one model that have ended, told once each by the
 * scheduler that decided about them. The record's key is the model.
 *
 * @param version form of the record, {@value #VERSION}; readers refuse another one
 * @param model model that served them
 * @param ended in the order in which they ended; at most {@value #MAX_ENDED}
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record RequestOutcomes(int version, String model, List<Ended> ended) {

    /** The topic. */
    public static final String TOPIC = "llmd.request-outcomes";

    /** Where readers note records that are none. */
    public static final String DEAD_LETTERS = TOPIC + ".dead-letters";

    /** The form of this class. */
    public static final int VERSION = 1;

    /** Most attempts in a record. */
    public static final int MAX_ENDED = 1_000;

    /**
     * One attempt.
     *
     * @param endpointId endpoint that it went to
     * @param priority priority of its request
     * @param streamed whether the answer came token by token
     * @param cause why it ended
     * @param status HTTP status of the endpoint, 0 when it sent none
     * @param usage tokens as the endpoint counted them
     * @param firstTokenMicros from the request's arrival at the scheduler to the first token; 0 when there was none
     * @param durationMicros from the same to the end; 0 when it was not timed
     * @param endedAtMillis when it ended, since 1970
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Ended(
            String endpointId,
            int priority,
            boolean streamed,
            Cause cause,
            int status,
            TokenUsage usage,
            long firstTokenMicros,
            long durationMicros,
            long endedAtMillis) {

        public Ended {
            Objects.requireNonNull(endpointId, "endpointId");
            Objects.requireNonNull(cause, "cause");
            Objects.requireNonNull(usage, "usage");
            if (firstTokenMicros < 0 || durationMicros < 0) {
                throw new IllegalArgumentException("firstTokenMicros: " + firstTokenMicros + ", durationMicros: "
                        + durationMicros + " (expected: >= 0)");
            }
        }
    }

    public RequestOutcomes {
        Objects.requireNonNull(model, "model");
        if (version != VERSION) {
            throw new IllegalArgumentException("version: " + version + " (expected: " + VERSION + ")");
        }
        if (ended.size() > MAX_ENDED) {
            throw new IllegalArgumentException("ended: " + ended.size() + " (expected: <= " + MAX_ENDED + ")");
        }
        ended = List.copyOf(ended);
    }
}
