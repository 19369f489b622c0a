package io.llmd.simulator.config;

import io.llmd.simulator.engine.LoadFailurePolicy;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the value of vLLM's {@code --kv-transfer-config}. What matters to memory and devices only is passed over. */
final class KvTransferConfig {
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
    private static final Set<String> ROLES = Set.of("kv_producer", "kv_consumer", "kv_both");

    private KvTransferConfig() {}

    static void apply(HandoffSettingsBuilder handoff, String json) {
        Map<String, Object> fields = FlowText.map(json);
        for (String name : fields.keySet()) {
            if (!FIELDS.contains(name)) {
                throw new IllegalArgumentException("field: " + name + " (expected: one of " + FIELDS + ")");
            }
        }
        handoff.connector(connector(fields.get("kv_connector")));
        Object role = fields.get("kv_role");
        if (role == null || !ROLES.contains(role.toString())) {
            throw new IllegalArgumentException("kv_role: " + role + " (expected: one of " + ROLES + ")");
        }
        if (fields.get("engine_id") != null) {
            handoff.engineId(FlowText.string(fields, "engine_id"));
        }
        Object policy = fields.get("kv_load_failure_policy");
        if (policy != null) {
            handoff.loadFailure(LoadFailurePolicy.valueOf(policy.toString().toUpperCase(Locale.ROOT)));
        }
        if (fields.get("kv_connector_extra_config") instanceof Map<?, ?> extra) {
            applyExtra(handoff, extra);
        }
    }

    private static KvConnector connector(@Nullable Object name) {
        if ("NixlConnector".equals(name) || "NixlPullConnector".equals(name)) {
            return KvConnector.NIXL;
        }
        if ("MooncakeConnector".equals(name)) {
            return KvConnector.MOONCAKE;
        }
        throw new IllegalArgumentException("kv_connector: " + name + " (expected: NixlConnector or MooncakeConnector)");
    }

    private static void applyExtra(HandoffSettingsBuilder handoff, Map<?, ?> extra) {
        if (extra.get("kv_lease_duration") instanceof Number seconds) {
            handoff.lease(Duration.ofNanos(Math.round(seconds.doubleValue() * 1e9)));
        }
        if (extra.get("enforce_handshake_compat") instanceof Boolean check) {
            handoff.checkCompatibility(check);
        }
    }
}
