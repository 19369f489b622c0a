package io.llmd.scheduler.explain;

import com.fasterxml.jackson.annotation.JsonValue;
import io.llmd.contracts.schedule.OutcomeReport;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What became of a decision. */
public enum DecisionOutcome {
    /** The attempt has not ended. */
    IN_FLIGHT("in-flight"),
    /** The endpoint's answer is complete. */
    NATURAL("natural"),
    /** The client went away. */
    CLIENT_DISCONNECT("client-disconnect"),
    /** The scheduler revoked the request. */
    EVICTED("evicted"),
    /** The endpoint failed, or nobody reported the end. */
    ERROR("error"),
    /** Nobody was chosen. */
    REJECTED("rejected");

    private final String wireName;

    DecisionOutcome(String wireName) {
        this.wireName = wireName;
    }

    /** Name in answers and queries. */
    @JsonValue
    public String wireName() {
        return wireName;
    }

    /** The outcome of this name, null when there is none. */
    public static @Nullable DecisionOutcome named(String name) {
        for (DecisionOutcome outcome : values()) {
            if (outcome.wireName.equals(name)) {
                return outcome;
            }
        }
        return null;
    }

    /** All names. */
    public static List<String> names() {
        List<String> names = new ArrayList<>();
        for (DecisionOutcome outcome : values()) {
            names.add(outcome.wireName);
        }
        return names;
    }

    static DecisionOutcome of(OutcomeReport report) {
        return switch (report.cause()) {
            case NONE -> IN_FLIGHT;
            case NATURAL -> NATURAL;
            case CLIENT_DISCONNECT -> CLIENT_DISCONNECT;
            case EVICTED -> EVICTED;
            case ERROR, UNKNOWN -> ERROR;
        };
    }
}
