package io.llmd.simulator.fault;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.Call;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.Reply;
import io.llmd.simulator.api.RequestFields;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code GET} and {@code POST /admin/config}: the faults. A post changes the fields it names; null switches one off. */
public final class AdminApi {
    private static final List<String> FIELDS =
            List.of("refuse", "status", "stall_after_tokens", "drop_after_tokens", "slow_factor", "dead");

    private final FaultSwitch faults;

    public AdminApi(FaultSwitch faults) {
        this.faults = faults;
    }

    public Reply read(Call call) {
        return Reply.Content.json(json(faults.get()));
    }

    public Reply change(Call call) {
        RequestFields fields = call.fields();
        for (String name : fields.body().propertyNames()) {
            if (!FIELDS.contains(name)) {
                throw ApiException.badRequest(name + ": unknown (expected: one of " + FIELDS + ")", name);
            }
        }
        try {
            return Reply.Content.json(json(faults.set(old -> apply(fields, old))));
        } catch (IllegalArgumentException e) {
            throw ApiException.badRequest(String.valueOf(e.getMessage()), null);
        }
    }

    private static Faults apply(RequestFields fields, Faults old) {
        ObjectNode body = fields.body();
        return new Faults(
                body.has("refuse") ? fields.bool("refuse", false) : old.refuse(),
                body.has("status") ? status(fields.object("status")) : old.status(),
                body.has("stall_after_tokens") ? tokens(fields, "stall_after_tokens") : old.stallAfterTokens(),
                body.has("drop_after_tokens") ? tokens(fields, "drop_after_tokens") : old.dropAfterTokens(),
                body.has("slow_factor") ? slowFactor(fields) : old.slowFactor(),
                body.has("dead") ? fields.bool("dead", false) : old.dead());
    }

    private static Faults.@Nullable Status status(@Nullable RequestFields status) {
        if (status == null) {
            return null;
        }
        Integer code = status.integer("code");
        if (code == null) {
            throw RequestFields.missing("status.code");
        }
        Integer count = status.integer("count");
        return new Faults.Status(code, count == null ? Faults.OFF : count);
    }

    private static int tokens(RequestFields fields, String name) {
        Integer value = fields.integer(name);
        return value == null ? Faults.OFF : value;
    }

    private static double slowFactor(RequestFields fields) {
        JsonNode value = fields.get("slow_factor");
        if (value == null) {
            return 1;
        }
        if (!value.isNumber()) {
            throw RequestFields.invalid("slow_factor", "a valid number");
        }
        return value.doubleValue();
    }

    private static ObjectNode json(Faults faults) {
        ObjectNode body = Json.object().put("refuse", faults.refuse());
        Faults.Status status = faults.status();
        if (status == null) {
            body.putNull("status");
        } else {
            ObjectNode node = body.putObject("status").put("code", status.code());
            putTokens(node, "count", status.remaining());
        }
        putTokens(body, "stall_after_tokens", faults.stallAfterTokens());
        putTokens(body, "drop_after_tokens", faults.dropAfterTokens());
        return body.put("slow_factor", faults.slowFactor()).put("dead", faults.dead());
    }

    private static void putTokens(ObjectNode node, String name, int value) {
        if (value == Faults.OFF) {
            node.putNull(name);
        } else {
            node.put(name, value);
        }
    }
}
