package io.llmd.simulator.openai;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.Call;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.Reply;
import io.llmd.simulator.api.RequestFields;
import io.llmd.simulator.api.RequestIds;
import io.llmd.simulator.api.TransferFields;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.output.Sampling;
import io.llmd.simulator.token.RenderedPrompt;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code POST /v1/responses}; answers are not stored. */
public final class ResponsesApi {
    private final SimulatorSettings settings;
    private final ChatMessages messages;
    private final ModelNames models;

    public ResponsesApi(SimulatorSettings settings, ChatMessages messages, ModelNames models) {
        this.settings = settings;
        this.messages = messages;
        this.models = models;
    }

    public Reply handle(Call call) {
        RequestFields fields = call.fields();
        String model = models.resolve(fields);
        String previous = fields.string("previous_response_id");
        if (previous != null) {
            throw ApiException.notFound("Response with id '" + previous + "' not found.", "response_id");
        }
        if (fields.bool("background", false)) {
            throw ApiException.badRequest("This endpoint does not support background responses.", "background");
        }
        RenderedPrompt prompt = messages.render(new RequestFields(asChat(fields)));
        Sampling sampling = SamplingFields.read(
                fields, call.headers().get(SamplingFields.OUTPUT_TOKENS_HEADER), 0, "max_output_tokens");
        if (sampling.n() != 1) {
            throw ApiException.badRequest("n: Input should be 1", "n");
        }
        models.checkLength(prompt, ChatApi.maxTokens(sampling));
        String tail = RequestIds.of(call, fields);
        ResponsesAnswer answer = new ResponsesAnswer(
                "resp_" + tail, "msg_" + tail, call.nowSeconds(), model, settings.promptTokensDetails(), fields);
        return new Reply.Generate(List.of(prompt), sampling, false, null, TransferFields.read(fields), answer);
    }

    /** The same conversation as a chat request, so that both APIs share prefixes. */
    private static ObjectNode asChat(RequestFields fields) {
        ObjectNode chat = Json.object();
        ArrayNode messages = chat.putArray("messages");
        String instructions = fields.string("instructions");
        if (instructions != null) {
            messages.addObject().put("role", "system").put("content", instructions);
        }
        JsonNode input = fields.get("input");
        if (input == null) {
            throw RequestFields.missing("input");
        }
        if (input.isString()) {
            messages.addObject().put("role", "user").put("content", input.stringValue());
        } else if (input instanceof ArrayNode items) {
            items.forEach(item -> messages.add(asMessage(item)));
        } else {
            throw RequestFields.invalid("input", "a string or a list of items");
        }
        ArrayNode tools = fields.array("tools");
        if (tools != null && !tools.isEmpty()) {
            chat.set("tools", tools);
        }
        return chat;
    }

    private static ObjectNode asMessage(JsonNode item) {
        if (!(item instanceof ObjectNode object)) {
            throw RequestFields.invalid("input", "a string or a list of items");
        }
        if (object.has("role")) {
            return object;
        }
        return Json.object().put("role", "tool").put("content", Json.string(object));
    }
}
