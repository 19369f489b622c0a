package io.llmd.simulator.config;

import io.llmd.simulator.engine.LoadFailurePolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The value of vLLM's {@code --kv-transfer-config}. What matters to memory and devices only is passed over.
 *
 * @param connector how KV blocks are exchanged
 * @param engineId name of the engine, if it tells one
 * @param loadFailure what a failed load leads to, if it tells that
 * @param lease how long blocks are held, if it tells that
 * @param checkCompatibility whether engines compare model and version, if it tells that
 * @param withoutEffect the fields of the extra configuration that change nothing here
 */
record KvTransferConfig(
        KvConnector connector,
        @Nullable String engineId,
        @Nullable LoadFailurePolicy loadFailure,
        @Nullable Duration lease,
        @Nullable Boolean checkCompatibility,
        List<String> withoutEffect) {
    private static final Set<String> FIELDS = Set.of(
            "kv_connector",
            "kv_role",
            "engine_id",
            "kv_load_failure_policy",
            "kv_connector_extra_config",
            "kv_buffer_device",
            "kv_buffer_size",
            "kv_port",
            "kv_ip",
            "kv_rank",
            "kv_parallel_size",
            "kv_connector_module_path",
            "enable_permute_local_kv");
    private static final Map<String, KvConnector> CONNECTORS = new TreeMap<>(Map.of(
            "NixlConnector", KvConnector.NIXL,
            "NixlPullConnector", KvConnector.NIXL,
            "NixlPushConnector", KvConnector.NIXL_PUSH,
            "MooncakeConnector", KvConnector.MOONCAKE,
            "MoRIIOConnector", KvConnector.MORIIO,
            "OffloadingConnector", KvConnector.OFFLOADING));
    private static final Set<String> ROLES = Set.of("kv_producer", "kv_consumer", "kv_both");
    private static final String LEASE = "kv_lease_duration";
    private static final String COMPATIBILITY = "enforce_handshake_compat";

    KvTransferConfig {
        withoutEffect = List.copyOf(withoutEffect);
    }

    /**
     * Reads a JSON object.
     *
     * @throws IllegalArgumentException naming the field that is unknown or has a bad value
     */
    static KvTransferConfig parse(String json) {
        Map<String, Object> fields = FlowText.map(json);
        for (String name : fields.keySet()) {
            if (!FIELDS.contains(name)) {
                throw new IllegalArgumentException("field: " + name + " (expected: one of " + FIELDS + ")");
            }
        }
        KvConnector connector = connector(fields.get("kv_connector"));
        Object role = fields.get("kv_role");
        if (role == null || !ROLES.contains(role.toString())) {
            throw new IllegalArgumentException("kv_role: " + role + " (expected: one of " + ROLES + ")");
        }
        Map<?, ?> extra = extra(fields.get("kv_connector_extra_config"));
        return new KvTransferConfig(
                connector,
                fields.get("engine_id") == null ? null : FlowText.string(fields, "engine_id"),
                loadFailure(fields.get("kv_load_failure_policy")),
                lease(extra.get(LEASE)),
                compatibility(extra.get(COMPATIBILITY)),
                withoutEffect(extra));
    }

    private static KvConnector connector(@Nullable Object name) {
        KvConnector connector = name == null ? null : CONNECTORS.get(name.toString());
        if (connector == null) {
            throw new IllegalArgumentException(
                    "kv_connector: " + name + " (expected: one of " + CONNECTORS.keySet() + ")");
        }
        return connector;
    }

    private static @Nullable LoadFailurePolicy loadFailure(@Nullable Object policy) {
        return policy == null
                ? null
                : LoadFailurePolicy.valueOf(policy.toString().toUpperCase(Locale.ROOT));
    }

    private static Map<?, ?> extra(@Nullable Object value) {
        if (value == null) {
            return Map.of();
        }
        if (value instanceof Map<?, ?> extra) {
            return extra;
        }
        throw new IllegalArgumentException("kv_connector_extra_config: " + value + " (expected: an object)");
    }

    private static @Nullable Duration lease(@Nullable Object value) {
        if (value == null) {
            return null;
        }
        if (value instanceof Number seconds) {
            return Duration.ofNanos(Math.round(seconds.doubleValue() * 1e9));
        }
        throw new IllegalArgumentException(LEASE + ": " + value + " (expected: seconds)");
    }

    private static @Nullable Boolean compatibility(@Nullable Object value) {
        if (value == null || value instanceof Boolean) {
            return (Boolean) value;
        }
        throw new IllegalArgumentException(COMPATIBILITY + ": " + value + " (expected: true or false)");
    }

    private static List<String> withoutEffect(Map<?, ?> extra) {
        List<String> names = new ArrayList<>();
        extra.keySet().stream().map(String::valueOf).forEach(names::add);
        names.removeAll(List.of(LEASE, COMPATIBILITY));
        return names;
    }
}
