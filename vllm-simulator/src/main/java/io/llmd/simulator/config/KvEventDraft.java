package io.llmd.simulator.config;

import io.llmd.kv.event.KvEventFormat;
import io.llmd.kv.event.KvEventSchema;
import io.llmd.kv.event.KvHashForm;
import io.llmd.kv.hash.BlockHashAlgorithm;
import io.llmd.simulator.kvevents.BlockHashing;
import io.llmd.simulator.kvevents.KvEventSettings;
import io.llmd.simulator.kvevents.ReplayForm;
import io.llmd.simulator.kvevents.ReplaySettings;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Settings of KV events as they are being chosen; what is not chosen follows the version. Not thread-safe. */
final class KvEventDraft {
    private static final Set<String> CONFIG_FIELDS = Set.of(
            "enable_kv_cache_events",
            "publisher",
            "endpoint",
            "replay_endpoint",
            "buffer_steps",
            "hwm",
            "max_queue_size",
            "topic");

    private KvEventSettings settings = KvEventSettings.DEFAULT;
    private boolean enabled;
    private boolean configured;
    private @Nullable String endpoint;
    private @Nullable String replayEndpoint;
    private @Nullable String configuredEndpoint;
    private @Nullable Boolean maps;
    private @Nullable KvEventFormat format;
    private KvHashForm hashForm = KvHashForm.UNSIGNED;
    private BlockHashAlgorithm algorithm = BlockHashAlgorithm.SHA256;
    private @Nullable String seed = "0";
    private @Nullable BlockHashing hashing;

    void settings(@Nullable KvEventSettings value) {
        enabled = value != null;
        if (value != null) {
            settings = value;
            format = value.format();
        }
    }

    void hashing(BlockHashing value) {
        hashing = value;
    }

    /** Publishes at this address. */
    void endpoint(String value) {
        endpoint = value;
    }

    void replayEndpoint(String value) {
        replayEndpoint = value;
    }

    void maps(boolean value) {
        maps = value;
    }

    void integerHashes(boolean value) {
        hashForm = value ? KvHashForm.UNSIGNED : KvHashForm.DIGEST;
    }

    void algorithm(String value) {
        algorithm = BlockHashAlgorithm.of(value);
    }

    /** @param value of {@code PYTHONHASHSEED}; {@code random} for an engine that runs without */
    void seed(String value) {
        seed = value.equals("random") ? null : value;
    }

    /** The object that vLLM's option takes. */
    void config(String json) {
        Map<String, Object> fields = FlowText.map(json);
        configured = true;
        for (String name : fields.keySet()) {
            if (!CONFIG_FIELDS.contains(name)) {
                throw new IllegalArgumentException(
                        "field " + name + ": unknown (expected: one of " + String.join(", ", CONFIG_FIELDS) + ")");
            }
        }
        enabled = Boolean.TRUE.equals(fields.get("enable_kv_cache_events"))
                && !"null".equals(String.valueOf(fields.getOrDefault("publisher", "zmq")));
        KvEventSettings chosen = KvEventSettings.DEFAULT;
        ReplaySettings replay = ReplaySettings.OFF;
        for (Map.Entry<String, Object> field : fields.entrySet()) {
            Object value = field.getValue();
            if (value == null) {
                continue;
            }
            switch (field.getKey()) {
                case "endpoint" -> configuredEndpoint = value.toString();
                case "topic" -> chosen = chosen.withTopic(value.toString());
                case "hwm" -> chosen = chosen.withHighWaterMark(integer("hwm", value));
                case "max_queue_size" -> chosen = chosen.withQueueBatches(integer("max_queue_size", value));
                case "replay_endpoint" -> replay = replay.withEndpoint(value.toString());
                case "buffer_steps" -> replay = replay.withBatches(integer("buffer_steps", value));
                case "publisher" -> requirePublisher(value.toString());
                default -> {
                    // read above
                }
            }
        }
        chosen = configuredEndpoint == null ? chosen : chosen.withEndpoint(configuredEndpoint);
        settings = chosen.withReplay(replay);
    }

    /** Where events go; null for nowhere. */
    @Nullable
    KvEventSettings build(VersionPreset version, EventTopic topic) {
        requireAgreement();
        if (!enabled && endpoint == null && replayEndpoint == null) {
            return null;
        }
        KvEventSettings chosen = settings.withTopic(topic.of(settings.topic()));
        chosen = endpoint == null ? chosen : chosen.withEndpoint(endpoint);
        if (replayEndpoint != null) {
            chosen = chosen.withReplay(chosen.replay().withEndpoint(replayEndpoint));
        }
        if (format != null) {
            return chosen;
        }
        ReplayForm replay = version.replaysTopic() ? ReplayForm.WITH_TOPIC : ReplayForm.WITHOUT_TOPIC;
        return chosen.withFormat(KvEventFormat.MAP.withSchema(schema(version)).withHashForm(hashForm))
                .withReplay(chosen.replay().withForm(replay));
    }

    private void requireAgreement() {
        if (configured && !enabled && (endpoint != null || replayEndpoint != null)) {
            throw new IllegalArgumentException("kv-events-config: off, beside zmq-endpoint or kv-events-replay-endpoint"
                    + " (expected: one of both)");
        }
        if (configured) {
            requireSame("zmq-endpoint", endpoint, configuredEndpoint);
            requireSame(
                    "kv-events-replay-endpoint",
                    replayEndpoint,
                    settings.replay().endpoint());
        }
    }

    private static void requireSame(String option, @Nullable String given, @Nullable String configured) {
        if (given != null && configured != null && !given.equals(configured)) {
            throw new IllegalArgumentException(
                    option + ": " + given + ", kv-events-config: " + configured + " (expected: one of both)");
        }
    }

    BlockHashing hashing(VersionPreset version) {
        if (hashing != null) {
            return hashing;
        }
        return new BlockHashing(algorithm, seed, version.extraKeyForm());
    }

    private KvEventSchema schema(VersionPreset version) {
        KvEventSchema ofVersion = version.kvEventSchema();
        if (maps == null || maps == ofVersion.isMap()) {
            return ofVersion;
        }
        return maps ? KvEventSchema.MAP : KvEventSchema.SPEC_KIND;
    }

    private static void requirePublisher(String value) {
        if (!value.equals("zmq") && !value.equals("null")) {
            throw new IllegalArgumentException("publisher: " + value + " (expected: zmq or null)");
        }
    }

    private static int integer(String name, Object value) {
        if (value instanceof Integer number) {
            return number;
        }
        throw new IllegalArgumentException(name + ": " + value + " (expected: a number)");
    }
}
