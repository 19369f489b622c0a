package io.llmd.simulator.openai;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.PythonText;
import io.llmd.simulator.api.RequestFields;
import io.llmd.simulator.config.ToolCallSettings;
import io.llmd.simulator.structured.Constraint;
import io.llmd.simulator.structured.PatternText;
import io.llmd.simulator.structured.UnsupportedSchemaException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;

/** Reads what a request demands of the form of its output: {@code response_format} and {@code structured_outputs}. */
final class Constraints {
    private static final List<String> KINDS = List.of("json", "regex", "choice", "grammar", "json_object");
    private static final JsonNode ANY_OBJECT = Json.read(
            "{\"type\":\"object\",\"properties\":{\"answer\":{\"type\":\"string\"}},\"required\":[\"answer\"]}");

    private final ToolCallSettings settings;

    Constraints(ToolCallSettings settings) {
        this.settings = settings;
    }

    /** The constraint, absent if the output is free. */
    @Nullable
    Constraint read(RequestFields fields) {
        try {
            Constraint format = ofFormat(fields.object("response_format"));
            Constraint outputs = ofOutputs(fields.object("structured_outputs"));
            return format == null ? outputs : format;
        } catch (UnsupportedSchemaException e) {
            throw ApiException.badRequest("Grammar error: " + e.getMessage(), null);
        }
    }

    private @Nullable Constraint ofFormat(@Nullable RequestFields format) {
        if (format == null) {
            return null;
        }
        return switch (String.valueOf(format.string("type"))) {
            case "json_object" -> new Constraint.Schema(ANY_OBJECT, settings);
            case "json_schema" -> {
                RequestFields described = format.object("json_schema");
                RequestFields schema = described == null ? null : described.object("schema");
                yield new Constraint.Schema(schema == null ? ANY_OBJECT : schema.body(), settings);
            }
            case "structural_tag" -> throw unsupported("response_format.structural_tag");
            default -> null;
        };
    }

    private @Nullable Constraint ofOutputs(@Nullable RequestFields outputs) {
        if (outputs == null) {
            return null;
        }
        long kinds = KINDS.stream().filter(outputs::has).count() + (outputs.has("structural_tag") ? 1 : 0);
        if (kinds != 1) {
            throw count(kinds, outputs);
        }
        if (outputs.has("json")) {
            return new Constraint.Schema(schema(outputs.get("json")), settings);
        }
        if (outputs.has("regex")) {
            return new Constraint.Matching(PatternText.of(String.valueOf(outputs.string("regex"))));
        }
        if (outputs.get("choice") instanceof ArrayNode choice) {
            return choices(choice);
        }
        if (outputs.has("json_object")) {
            if (!outputs.bool("json_object", true)) {
                throw ApiException.badRequest(
                        "structured_outputs.json_object must be True if set; omit structured_outputs to disable"
                                + " structured outputs",
                        null);
            }
            return new Constraint.Schema(ANY_OBJECT, settings);
        }
        throw unsupported(outputs.has("grammar") ? "structured_outputs.grammar" : "structured_outputs.structural_tag");
    }

    private static JsonNode schema(@Nullable JsonNode json) {
        if (json == null || !json.isString()) {
            return json == null ? ANY_OBJECT : json;
        }
        if (json.stringValue().isBlank()) {
            throw ApiException.badRequest("structured_outputs.json cannot be an empty string", null);
        }
        try {
            return Json.read(json.stringValue());
        } catch (JacksonException e) {
            throw ApiException.badRequest("Invalid JSON grammar specification.", null);
        }
    }

    private static Constraint choices(ArrayNode choice) {
        List<String> texts = new ArrayList<>();
        for (JsonNode text : choice) {
            if (!text.isString()) {
                throw ApiException.badRequest("Choice '" + Json.string(text) + "' is not a string", null);
            }
            texts.add(text.stringValue());
        }
        if (texts.isEmpty()) {
            throw ApiException.badRequest("Choice '[]' cannot be an empty list", null);
        }
        return new Constraint.OneOf(texts);
    }

    private static ApiException count(long kinds, RequestFields outputs) {
        Map<String, @Nullable Object> all = new LinkedHashMap<>();
        KINDS.forEach(kind -> all.put(kind, plain(outputs, kind)));
        all.put("disable_any_whitespace", outputs.bool("disable_any_whitespace", false));
        all.put("disable_additional_properties", outputs.bool("disable_additional_properties", false));
        all.put("whitespace_pattern", plain(outputs, "whitespace_pattern"));
        all.put("structural_tag", plain(outputs, "structural_tag"));
        all.put("_backend", null);
        all.put("_backend_was_auto", false);
        String problem = kinds == 0
                ? "You must use one kind of structured outputs constraint but none are specified: "
                : "You can only use one kind of structured outputs constraint but multiple are specified: ";
        return ApiException.badRequest(problem + PythonText.repr(all), null);
    }

    private static @Nullable Object plain(RequestFields outputs, String name) {
        JsonNode value = outputs.get(name);
        return value == null ? null : Json.plain(value);
    }

    /** What vLLM has and the simulator has not is refused, not ignored. */
    private static ApiException unsupported(String name) {
        return ApiException.badRequest(
                name + " is not simulated; use json, json_object, choice or regex.", "structured_outputs");
    }
}
