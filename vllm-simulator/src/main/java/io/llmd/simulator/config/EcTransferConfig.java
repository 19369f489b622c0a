package io.llmd.simulator.config;

import java.util.Map;
import java.util.Set;

/** Reads the value of vLLM's {@code --ec-transfer-config}. What matters to memory and devices only is passed over. */
final class EcTransferConfig {
    private static final Set<String> FIELDS = Set.of(
            "ec_connector",
            "ec_role",
            "engine_id",
            "ec_connector_extra_config",
            "ec_buffer_device",
            "ec_buffer_size",
            "ec_ip",
            "ec_port",
            "ec_rank",
            "ec_parallel_size",
            "ec_connector_module_path");
    private static final Set<String> ROLES = Set.of("ec_producer", "ec_consumer", "ec_both");

    private EcTransferConfig() {}

    static void apply(HandoffSettingsBuilder handoff, String json) {
        Map<String, Object> fields = FlowText.map(json);
        for (String name : fields.keySet()) {
            if (!FIELDS.contains(name)) {
                throw new IllegalArgumentException("field: " + name + " (expected: one of " + FIELDS + ")");
            }
        }
        if (!"ECCPUConnector".equals(fields.get("ec_connector"))) {
            throw new IllegalArgumentException(
                    "ec_connector: " + fields.get("ec_connector") + " (expected: ECCPUConnector)");
        }
        Object role = fields.get("ec_role");
        if (role == null || !ROLES.contains(role.toString())) {
            throw new IllegalArgumentException("ec_role: " + role + " (expected: one of " + ROLES + ")");
        }
        handoff.givesEmbeddings(!role.equals("ec_consumer")).takesEmbeddings(!role.equals("ec_producer"));
    }
}
