package io.llmd.scheduler.scheduling;

import java.util.Objects;

/**
 * Where an endpoint runs. Empty text is unknown and is never the same place as anything.
 *
 * @param host machine
 * @param rack rack of the machine
 * @param zone zone of the rack
 * @param region region of the zone
 */
public record Topology(String host, String rack, String zone, String region) {
    public Topology {
        Objects.requireNonNull(host, "host");
        Objects.requireNonNull(rack, "rack");
        Objects.requireNonNull(zone, "zone");
        Objects.requireNonNull(region, "region");
    }

    /** How near two endpoints are, nearest first. */
    public enum Nearness {
        HOST,
        RACK,
        ZONE,
        REGION,
        NONE;

        /** Whether this is at least as near as {@code other}. */
        public boolean isWithin(Nearness other) {
            return compareTo(other) <= 0;
        }
    }

    /** The smallest place that both share. */
    public Nearness nearness(Topology other) {
        if (isSame(host, other.host)) {
            return Nearness.HOST;
        }
        if (isSame(rack, other.rack)) {
            return Nearness.RACK;
        }
        if (isSame(zone, other.zone)) {
            return Nearness.ZONE;
        }
        return isSame(region, other.region) ? Nearness.REGION : Nearness.NONE;
    }

    private static boolean isSame(String place, String other) {
        return !place.isEmpty() && place.equals(other);
    }
}
