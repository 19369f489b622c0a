package io.llmd.simulator.control;

import io.llmd.simulator.api.BodySchema;
import io.llmd.simulator.api.Call;
import io.llmd.simulator.api.FieldType;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.RequestFields;
import io.llmd.simulator.engine.PauseMode;
import java.util.Locale;
import tools.jackson.databind.node.ObjectNode;

/** The parameters of control calls, with vLLM's answers to bad ones. */
final class ControlQuery {
    private static final FieldType MODE = FieldType.word("abort", "wait", "keep");
    private static final BodySchema SLEEP = BodySchema.builder()
            .optional("level", FieldType.INTEGER.atLeast(0).atMost(2))
            .optional("mode", MODE)
            .build();
    private static final BodySchema PAUSE = BodySchema.builder()
            .optional("mode", MODE)
            .optional("clear_cache", FieldType.BOOLEAN)
            .build();
    private static final BodySchema RESET = BodySchema.builder()
            .optional("reset_running_requests", FieldType.BOOLEAN)
            .optional("reset_external", FieldType.BOOLEAN)
            .build();
    private static final BodySchema WORLD =
            BodySchema.builder().optional("include_dp", FieldType.BOOLEAN).build();
    private static final BodySchema INFORMATION = BodySchema.builder()
            .optional("config_format", FieldType.word("text", "json"))
            .build();

    private final RequestFields fields;

    private ControlQuery(RequestFields fields) {
        this.fields = fields;
    }

    static ControlQuery sleep(Call call) {
        return read(call, SLEEP);
    }

    static ControlQuery pause(Call call) {
        return read(call, PAUSE);
    }

    static ControlQuery reset(Call call) {
        return read(call, RESET);
    }

    static ControlQuery world(Call call) {
        return read(call, WORLD);
    }

    static ControlQuery information(Call call) {
        return read(call, INFORMATION);
    }

    private static ControlQuery read(Call call, BodySchema schema) {
        ObjectNode query = Json.object();
        call.query().forEach((name, values) -> query.put(name, values.getLast()));
        return new ControlQuery(schema.read("query", query));
    }

    int level() {
        Integer level = fields.integer("level");
        return level == null ? 1 : level;
    }

    PauseMode mode() {
        String mode = fields.string("mode");
        return mode == null ? PauseMode.ABORT : PauseMode.valueOf(mode.toUpperCase(Locale.ROOT));
    }

    boolean is(String name, boolean absent) {
        return fields.bool(name, absent);
    }

    boolean asJson() {
        return "json".equals(fields.string("config_format"));
    }
}
