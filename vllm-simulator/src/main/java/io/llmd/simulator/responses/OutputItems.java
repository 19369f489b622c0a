package io.llmd.simulator.responses;

import io.llmd.simulator.api.Json;
import io.llmd.simulator.output.Script;
import tools.jackson.databind.node.ObjectNode;

/** Items of a response's output. */
final class OutputItems {
    private OutputItems() {}

    static ObjectNode message(String id, String status) {
        ObjectNode item = Json.object().put("id", id);
        item.putArray("content");
        return item.put("role", "assistant")
                .put("status", status)
                .put("type", "message")
                .putNull("phase");
    }

    static ObjectNode message(String id, String status, String text) {
        ObjectNode item = message(id, status);
        ObjectNode part = part(text);
        part.putNull("logprobs");
        item.withArray("content").add(part);
        return item;
    }

    /** Without log-probabilities. */
    static ObjectNode part(String text) {
        ObjectNode part = Json.object();
        part.putArray("annotations");
        return part.put("text", text).put("type", "output_text");
    }

    static ObjectNode call(String itemId, Script.Call call, String arguments, String status) {
        return Json.object()
                .put("arguments", arguments)
                .put("call_id", call.id())
                .put("name", call.name())
                .put("type", "function_call")
                .put("id", itemId)
                .put("status", status);
    }

    static ObjectNode reasoning(String id, String text) {
        ObjectNode item = Json.object().put("id", id);
        item.putArray("summary");
        item.put("type", "reasoning");
        item.putArray("content").addObject().put("text", text).put("type", "reasoning_text");
        return item.putNull("encrypted_content").put("status", "completed");
    }
}
