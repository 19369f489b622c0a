package io.llmd.kv.ingest.kafka;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Where the brokers are and how to talk to them.
 *
 * @param bootstrapServers {@code host:port}, several with commas
 * @param clientProperties further properties of every Kafka client, for instance for TLS and SASL; secrets are not printed
 */
public record KafkaConnection(String bootstrapServers, Map<String, String> clientProperties) {

    /** Milliseconds that a call to the brokers takes at most. */
    static final int CALL_LIMIT_MILLIS = 5_000;

    public KafkaConnection {
        Objects.requireNonNull(bootstrapServers, "bootstrapServers");
        clientProperties = Map.copyOf(clientProperties);
    }

    public KafkaConnection(String bootstrapServers) {
        this(bootstrapServers, Map.of());
    }

    Map<String, Object> admin() {
        Map<String, Object> properties = common();
        properties.put("default.api.timeout.ms", CALL_LIMIT_MILLIS);
        properties.put("request.timeout.ms", CALL_LIMIT_MILLIS);
        return properties;
    }

    /** For readers that decide themselves where they read: no group, no commits, no reset behind their back. */
    Map<String, Object> reader() {
        Map<String, Object> properties = common();
        properties.put("key.deserializer", ByteArrayDeserializer.class);
        properties.put("value.deserializer", ByteArrayDeserializer.class);
        properties.put("enable.auto.commit", "false");
        properties.put("allow.auto.create.topics", "false");
        properties.put("auto.offset.reset", "none");
        properties.put("fetch.min.bytes", "1");
        properties.put("fetch.max.wait.ms", "10");
        properties.put("max.poll.records", "500");
        properties.put("fetch.max.bytes", "16777216");
        properties.put("default.api.timeout.ms", CALL_LIMIT_MILLIS);
        properties.put("request.timeout.ms", CALL_LIMIT_MILLIS);
        return properties;
    }

    /** For members of a group that shares partitions; the group remembers no places. */
    Map<String, Object> member(String group) {
        Map<String, Object> properties = reader();
        properties.put("group.id", group);
        properties.put("auto.offset.reset", "earliest");
        properties.put("partition.assignment.strategy", CooperativeStickyAssignor.class.getName());
        properties.put("session.timeout.ms", "6000");
        properties.put("heartbeat.interval.ms", "2000");
        properties.put("max.poll.interval.ms", "30000");
        return properties;
    }

    /** For writers whose records must arrive once and in order. */
    Map<String, Object> writer() {
        Map<String, Object> properties = common();
        properties.put("key.serializer", ByteArraySerializer.class);
        properties.put("value.serializer", ByteArraySerializer.class);
        properties.put("acks", "all");
        properties.put("enable.idempotence", "true");
        properties.put("compression.type", "none");
        properties.put("request.timeout.ms", CALL_LIMIT_MILLIS);
        return properties;
    }

    private Map<String, Object> common() {
        Map<String, Object> properties = new HashMap<>(clientProperties);
        properties.put("bootstrap.servers", bootstrapServers);
        properties.put("reconnect.backoff.max.ms", "1000");
        properties.put("metadata.max.age.ms", "10000");
        return properties;
    }

    @Override
    public String toString() {
        return "KafkaConnection[bootstrapServers=" + bootstrapServers + ", clientProperties="
                + clientProperties.keySet() + "]";
    }
}
