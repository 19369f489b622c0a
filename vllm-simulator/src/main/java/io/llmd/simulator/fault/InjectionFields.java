package io.llmd.simulator.fault;

import io.llmd.simulator.api.Json;
import io.llmd.simulator.config.DurationText;
import io.llmd.simulator.config.FailureType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Faults of requests as JSON: an object with all parameters, or the first parameter alone. */
final class InjectionFields {
    static final List<String> TRIGGER = List.of("probability", "phase", "count");
    private static final Duration SECOND = Duration.ofSeconds(1);

    private InjectionFields() {}

    /** The injection that a value describes; absent if it switches the fault off. */
    static @Nullable Injection read(FaultKind kind, JsonNode value) {
        if (value.isNull() || value.isBoolean() && !value.booleanValue()) {
            return null;
        }
        List<String> names = new ArrayList<>(kind.parameters());
        names.addAll(TRIGGER);
        if (!value.isObject() && !value.isBoolean() && kind.parameters().isEmpty()) {
            throw new IllegalArgumentException(
                    kind.wireName() + ": " + Json.string(value) + " (expected: true, false or an object)");
        }
        Parameters parameters = Parameters.of(kind.wireName(), value, names);
        Trigger trigger = new Trigger(
                parameters.decimal("probability", 1),
                parameters.has("phase") ? RequestPhase.of(parameters.text("phase")) : null,
                parameters.integer("count", Trigger.ALL));
        return new Injection(fault(kind, parameters), trigger);
    }

    /** The fault that an object of parameters describes. */
    static RequestFault readFault(FaultKind kind, ObjectNode parameters) {
        return fault(kind, Parameters.of(kind.wireName(), parameters, kind.parameters()));
    }

    private static RequestFault fault(FaultKind kind, Parameters parameters) {
        return switch (kind) {
            case REFUSE -> new RequestFault.Refuse();
            case STATUS -> new RequestFault.Status(parameters.integer("code"));
            case FAILURE ->
                new RequestFault.Failure(
                        parameters.texts("types").stream().map(FailureType::of).toList());
            case DELAY -> new RequestFault.Delay(parameters.duration("by"));
            case STALL_BEFORE_HEAD -> new RequestFault.StallBeforeHead(parameters.durationIfGiven("for"));
            case STALL_AFTER_TOKENS ->
                new RequestFault.StallAfterTokens(parameters.integer("tokens"), parameters.durationIfGiven("for"));
            case DROP_AFTER_TOKENS -> new RequestFault.DropAfterTokens(parameters.integer("tokens"));
            case RESET_AFTER_TOKENS -> new RequestFault.ResetAfterTokens(parameters.integer("tokens"));
            case ERROR_AFTER_TOKENS -> new RequestFault.ErrorAfterTokens(parameters.integer("tokens"));
            case DRIP ->
                new RequestFault.Drip(
                        parameters.integer("bytes"), parameters.has("every") ? parameters.duration("every") : SECOND);
            case GARBAGE ->
                new RequestFault.Garbage(Damage.of(parameters.text("kind")), parameters.integer("event", 1));
            case CONTENT_LENGTH -> new RequestFault.ContentLength(parameters.integer("off"));
            case HANDOFF_ABSENT, HANDOFF_LOOPBACK_HOST, HANDOFF_READ_FAILURE -> new RequestFault.OfHandoff(kind);
        };
    }

    /** The value of a field of that kind. */
    static JsonNode write(FaultKind kind, @Nullable Injection injection) {
        if (injection == null) {
            return kind == FaultKind.REFUSE
                    ? JsonNodeFactory.instance.booleanNode(false)
                    : JsonNodeFactory.instance.nullNode();
        }
        ObjectNode node = Json.object();
        parameters(node, injection.fault());
        trigger(node, injection);
        if (node.isEmpty()) {
            return JsonNodeFactory.instance.booleanNode(true);
        }
        String first = kind.parameters().isEmpty() ? "" : kind.parameters().getFirst();
        return node.size() == 1 && node.has(first) ? node.get(first) : node;
    }

    private static void trigger(ObjectNode node, Injection injection) {
        Trigger trigger = injection.trigger();
        if (trigger.probability() != 1) {
            node.put("probability", trigger.probability());
        }
        if (trigger.phase() != null) {
            node.put("phase", trigger.phase().wireName());
        }
        if (trigger.remaining() != Trigger.ALL) {
            node.put("count", trigger.remaining());
        } else if (injection.fault() instanceof RequestFault.Status) {
            node.putNull("count");
        }
    }

    private static void parameters(ObjectNode node, RequestFault fault) {
        switch (fault) {
            case RequestFault.Refuse _, RequestFault.OfHandoff _ -> {
                // have none
            }
            case RequestFault.Status status -> node.put("code", status.code());
            case RequestFault.Failure failure -> {
                ArrayNode types = node.putArray("types");
                failure.types().forEach(type -> types.add(type.wireName()));
            }
            case RequestFault.Delay delay -> node.put("by", DurationText.of(delay.by()));
            case RequestFault.StallBeforeHead stall -> putLength(node, stall.length());
            case RequestFault.StallAfterTokens stall -> putLength(node.put("tokens", stall.tokens()), stall.length());
            case RequestFault.DropAfterTokens drop -> node.put("tokens", drop.tokens());
            case RequestFault.ResetAfterTokens reset -> node.put("tokens", reset.tokens());
            case RequestFault.ErrorAfterTokens error -> node.put("tokens", error.tokens());
            case RequestFault.Drip drip -> node.put("bytes", drip.bytes()).put("every", DurationText.of(drip.every()));
            case RequestFault.Garbage garbage ->
                node.put("kind", garbage.damage().wireName()).put("event", garbage.event());
            case RequestFault.ContentLength length -> node.put("off", length.off());
        }
    }

    private static void putLength(ObjectNode node, @Nullable Duration length) {
        if (length != null) {
            node.put("for", DurationText.of(length));
        }
    }
}
