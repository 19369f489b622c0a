package io.llmd.scheduler.flowcontrol;

import java.time.Duration;
import java.util.Objects;

/**
 * How running requests are ended for more important ones.
 *
 * @param filter which may be ended
 * @param order in which order
 * @param grace time after the end of one before more are ended, so that the detector sees the room
 */
public record EvictionSettings(EvictionFilter filter, EvictionOrder order, Duration grace) {
    public EvictionSettings {
        Objects.requireNonNull(filter, "filter");
        Objects.requireNonNull(order, "order");
        Objects.requireNonNull(grace, "grace");
    }
}
