package io.llmd.scheduler.outcome;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;

/**
 * Where outcomes of requests are told.
 *
 * @param bootstrapServers brokers, as {@code host:port,...}
 * @param topic topic of the outcomes; made when it is missing and the broker allows it
 * @param interval time between two records of a model
 * @param clientProperties further properties of the Kafka clients, such as those of TLS and SASL
 */
public record OutcomeSettings(
        String bootstrapServers, String topic, Duration interval, Map<String, String> clientProperties) {

    public OutcomeSettings {
        Objects.requireNonNull(bootstrapServers, "bootstrapServers");
        Objects.requireNonNull(topic, "topic");
        clientProperties = Map.copyOf(clientProperties);
        if (!interval.isPositive()) {
            throw new IllegalArgumentException("interval: " + interval + " (expected: > 0)");
        }
    }

    /** Client properties may hold passwords, so they are left out. */
    @Override
    public String toString() {
        return "OutcomeSettings[bootstrapServers=" + bootstrapServers + ", topic=" + topic + ", interval=" + interval
                + "]";
    }
}
