package io.llmd.simulator.openai;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.PythonText;
import io.llmd.simulator.api.RequestFields;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Checks what a chat request says about tools, before its types are looked at. */
final class ToolChecks {
    private static final String USAGE =
            "Correct usage: `{\"type\": \"function\", \"function\": {\"name\": \"my_function\"}}`";

    private ToolChecks() {}

    static void check(RequestFields fields) {
        JsonNode tools = fields.get("tools");
        if (tools instanceof ArrayNode array && array.isEmpty()) {
            throw ApiException.parameter(
                    "`tools` must not be an empty array. Either provide at least one tool or omit the field entirely.",
                    "tools");
        }
        JsonNode choice = fields.get("tool_choice");
        if (choice == null || GenerationChecks.isWord(choice, "none")) {
            return;
        }
        if (tools == null) {
            throw ApiException.parameter("When using `tool_choice`, `tools` must be set.", "tool_choice");
        }
        if (choice instanceof ObjectNode named) {
            named(named, tools);
        } else if (!GenerationChecks.isWord(choice, "auto") && !GenerationChecks.isWord(choice, "required")) {
            throw ApiException.parameter(
                    "Invalid value for `tool_choice`: "
                            + (choice.isString() ? choice.stringValue() : choice.toString())
                            + "! Only named tools, \"none\", \"auto\" or \"required\" are supported.",
                    "tool_choice");
        }
    }

    private static void named(ObjectNode choice, JsonNode tools) {
        if (!(choice.get("function") instanceof ObjectNode function)) {
            JsonNode value = choice.get("function");
            throw ApiException.parameter(
                    "Invalid value for `function`: `" + (value == null || value.isNull() ? "None" : value)
                            + "` in `tool_choice`! " + USAGE,
                    "tool_choice.function");
        }
        JsonNode name = function.get("name");
        if (name == null) {
            throw ApiException.parameter(
                    "Expected field `name` in `function` in `tool_choice`! " + USAGE, "tool_choice.function.name");
        }
        if (!name.isString() || name.stringValue().isEmpty()) {
            throw ApiException.parameter(
                    "Invalid `name` in `function`: `"
                            + (name.isString() ? "" : PythonText.str(name.isNull() ? null : name.toString()))
                            + "` in `tool_choice`! " + USAGE,
                    "tool_choice.function.name");
        }
        for (JsonNode tool : tools) {
            if (tool.path("function").path("name").equals(name)) {
                return;
            }
        }
        throw ApiException.parameter(
                "The tool specified in `tool_choice` does not match any of the specified `tools`", "tool_choice");
    }
}
