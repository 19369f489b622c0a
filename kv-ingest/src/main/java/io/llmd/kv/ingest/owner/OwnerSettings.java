package io.llmd.kv.ingest.owner;

import io.llmd.kv.ingest.direct.PoolSettings;
import java.time.Duration;
import java.util.Locale;

/**
 * How lanes are owned.
 *
 * @param name of this process, unlike that of any other and of its own former lives
 * @param pool what lanes have in common; model and tokens per block are those of a lane's description, if it names a model, and
 *     so is how copies are counted
 * @param snapshotInterval time between two snapshots of a lane
 * @param tick how often changes are sent while an engine tells none
 */
public record OwnerSettings(String name, PoolSettings pool, Duration snapshotInterval, Duration tick) {

    /** The usual times. */
    public static OwnerSettings of(String name, PoolSettings pool) {
        return new OwnerSettings(name, pool, Duration.ofSeconds(60), Duration.ofMillis(5));
    }

    public OwnerSettings {
        if (name.isEmpty()) {
            throw new IllegalArgumentException("name: empty (expected: a name)");
        }
        if (!snapshotInterval.isPositive() || !tick.isPositive()) {
            throw new IllegalArgumentException(
                    "snapshotInterval, tick: " + snapshotInterval + ", " + tick + " (expected: > 0)");
        }
    }

    /** How keys are computed, as descriptions of lanes name it. */
    public static String keyMode(PoolSettings pool) {
        return pool.keyMode().name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
