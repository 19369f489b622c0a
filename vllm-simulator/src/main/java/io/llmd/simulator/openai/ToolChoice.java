package io.llmd.simulator.openai;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.RequestFields;
import io.llmd.simulator.config.AnswerSettings;
import io.llmd.simulator.output.OutputSource;
import io.llmd.simulator.structured.SchemaSample;
import io.llmd.simulator.structured.ToolCalls;
import io.llmd.simulator.structured.UnsupportedSchemaException;
import io.llmd.simulator.token.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;

/**
 * Which tools a chat request lets or makes the model call.
 *
 * @param named the one tool to call, absent unless the request names it
 */
record ToolChoice(Kind kind, @Nullable String named, List<ToolCalls.Tool> tools, boolean parallel) {
    private static final JsonNode NO_PARAMETERS = Json.object().put("type", "object");

    enum Kind {
        NONE,
        AUTO,
        REQUIRED,
        NAMED
    }

    static ToolChoice read(RequestFields fields) {
        List<ToolCalls.Tool> tools = new ArrayList<>();
        ArrayNode offered = fields.array("tools");
        if (offered != null) {
            for (JsonNode tool : offered) {
                JsonNode parameters = tool.path("function").path("parameters");
                tools.add(new ToolCalls.Tool(
                        tool.path("function").path("name").asString(),
                        parameters.isObject() ? parameters : NO_PARAMETERS));
            }
        }
        boolean parallel = fields.bool("parallel_tool_calls", true);
        JsonNode choice = fields.body().get("tool_choice");
        if (choice == null) {
            return new ToolChoice(tools.isEmpty() ? Kind.NONE : Kind.AUTO, null, tools, parallel);
        }
        if (choice.isObject()) {
            String name = choice.path("function").path("name").asString();
            return new ToolChoice(Kind.NAMED, name, tools, parallel);
        }
        Kind kind = GenerationChecks.isWord(choice, "required")
                ? Kind.REQUIRED
                : GenerationChecks.isWord(choice, "auto") ? Kind.AUTO : Kind.NONE;
        return new ToolChoice(kind, null, tools, parallel);
    }

    /** Without a parser there are no calls; vLLM says which options are missing. */
    void requireParser(AnswerSettings settings) {
        if (settings.autoToolChoice() || kind == Kind.NONE) {
            return;
        }
        if (kind == Kind.AUTO) {
            throw ApiException.badRequest(
                    "\"auto\" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set", null);
        }
        String choice = kind == Kind.NAMED ? "function \"" + named + "\"" : "\"required\"";
        throw ApiException.badRequest("tool_choice=" + choice + " requires --tool-call-parser to be set", null);
    }

    /** Calls tools; absent if none is to be called. */
    @Nullable
    OutputSource source(Tokenizer tokenizer, AnswerSettings settings) {
        int most = parallel ? Integer.MAX_VALUE : 1;
        return switch (kind) {
            case NONE -> null;
            case AUTO ->
                new ToolCalls(
                        tokenizer,
                        settings.toolCalls(),
                        tools.stream()
                                .filter(tool -> isPossible(tool, settings))
                                .toList(),
                        0,
                        most);
            case REQUIRED -> forced(tokenizer, settings, tools, most);
            case NAMED ->
                forced(
                        tokenizer,
                        settings,
                        tools.stream()
                                .filter(tool -> tool.name().equals(named))
                                .limit(1)
                                .toList(),
                        1);
        };
    }

    private static ToolCalls forced(
            Tokenizer tokenizer, AnswerSettings settings, List<ToolCalls.Tool> tools, int most) {
        try {
            return new ToolCalls(tokenizer, settings.toolCalls(), tools, 1, most);
        } catch (UnsupportedSchemaException e) {
            throw ApiException.badRequest("Grammar error: " + e.getMessage(), "tools");
        }
    }

    private static boolean isPossible(ToolCalls.Tool tool, AnswerSettings settings) {
        try {
            SchemaSample.of(tool.parameters(), settings.toolCalls(), 0);
            return true;
        } catch (UnsupportedSchemaException e) {
            return false;
        }
    }
}
