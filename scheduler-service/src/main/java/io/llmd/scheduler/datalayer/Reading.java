package io.llmd.scheduler.datalayer;

import io.llmd.scheduler.scheduling.EndpointMetrics;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What an extractor made of one page.
 *
 * @param isUsable whether the page says what it must; the last metrics go on ageing when it does not
 * @param metrics the load of the endpoint, null when the page is about something else or is not usable
 * @param attributes values to be stored with the endpoint by {@code type/producer}; others stay as they are
 * @param missing metrics that the page should have and does not, or with an impossible value
 * @param startTime when the engine's process started, in seconds since the epoch; NaN when the page did not say
 */
public record Reading(
        boolean isUsable,
        @Nullable EndpointMetrics metrics,
        Map<String, Object> attributes,
        List<String> missing,
        double startTime) {
    public Reading {
        Objects.requireNonNull(attributes, "attributes");
        Objects.requireNonNull(missing, "missing");
    }

    /** A page that only brought values to be stored. */
    static Reading of(Map<String, Object> attributes, List<String> missing) {
        return new Reading(!attributes.isEmpty(), null, attributes, missing, Double.NaN);
    }
}
