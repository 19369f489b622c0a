package io.llmd.simulator.fault;

import io.llmd.simulator.config.DurationText;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What goes wrong with {@code GET /metrics}.
 *
 * @param page what is answered
 * @param status HTTP status if that is an error, else 0
 * @param delay how much later the answer comes; absent for not at all
 */
public record MetricsFault(Page page, int status, @Nullable Duration delay) {
    /** Nothing goes wrong. */
    public static final MetricsFault NONE = new MetricsFault(Page.LIVE, 0, null);

    /** What is answered. */
    public enum Page {
        /** The meters as they are. */
        LIVE,
        /** The meters as they were when the fault was set. */
        FROZEN,
        /** Nothing. */
        EMPTY,
        /** An error. */
        ERROR
    }

    public MetricsFault {
        if (page == Page.ERROR && (status < 400 || status > 599)) {
            throw new IllegalArgumentException("metrics page: " + status + " (expected: 400 to 599)");
        }
        if (delay != null && !delay.isPositive()) {
            throw new IllegalArgumentException("metrics delay: " + DurationText.of(delay) + " (expected: > 0)");
        }
    }

    /** Meters that do not move any longer. */
    public static MetricsFault frozen() {
        return new MetricsFault(Page.FROZEN, 0, null);
    }

    /** An error in the place of the meters. */
    public static MetricsFault error(int status) {
        return new MetricsFault(Page.ERROR, status, null);
    }
}
