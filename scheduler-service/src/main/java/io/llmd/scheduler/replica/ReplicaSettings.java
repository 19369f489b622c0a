package io.llmd.scheduler.replica;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;

/**
 * How schedulers of one pool tell each other their load.
 *
 * @param pool name of the pool; only schedulers of the same pool listen to each other
 * @param replica name of this process, unlike that of any other, a former life of this one included
 * @param bootstrapServers brokers, as {@code host:port,...}
 * @param topic topic of the shares; made when it is missing and the broker allows it
 * @param interval time between two shares while load changes
 * @param expiry age at which a share of another scheduler does not count any more; at least four intervals
 * @param clientProperties further properties of the Kafka clients, such as those of TLS and SASL
 */
public record ReplicaSettings(
        String pool,
        String replica,
        String bootstrapServers,
        String topic,
        Duration interval,
        Duration expiry,
        Map<String, String> clientProperties) {

    private static final int INTERVALS_PER_EXPIRY = 4;

    public ReplicaSettings {
        Objects.requireNonNull(pool, "pool");
        Objects.requireNonNull(replica, "replica");
        Objects.requireNonNull(bootstrapServers, "bootstrapServers");
        Objects.requireNonNull(topic, "topic");
        clientProperties = Map.copyOf(clientProperties);
        if (!interval.isPositive()) {
            throw new IllegalArgumentException("interval: " + interval + " (expected: > 0)");
        }
        if (expiry.compareTo(interval.multipliedBy(INTERVALS_PER_EXPIRY)) < 0) {
            throw new IllegalArgumentException(
                    "expiry: " + expiry + " (expected: at least four times the interval of " + interval + ")");
        }
    }

    /** Time after which a share is sent although nothing changed. */
    Duration renewal() {
        return expiry.dividedBy(INTERVALS_PER_EXPIRY);
    }

    /** Client properties may hold passwords, so they are left out. */
    @Override
    public String toString() {
        return "ReplicaSettings[pool=" + pool + ", replica=" + replica + ", bootstrapServers=" + bootstrapServers
                + ", topic=" + topic + ", interval=" + interval + ", expiry=" + expiry + "]";
    }
}
