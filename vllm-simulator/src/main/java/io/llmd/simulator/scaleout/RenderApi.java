package io.llmd.simulator.scaleout;

import io.llmd.simulator.api.Call;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.Reply;
import io.llmd.simulator.api.RequestFields;
import io.llmd.simulator.api.RequestIds;
import io.llmd.simulator.openai.ChatRequest;
import io.llmd.simulator.openai.ChatRequests;
import io.llmd.simulator.openai.ChatSchema;
import io.llmd.simulator.openai.CompletionRequest;
import io.llmd.simulator.openai.CompletionRequests;
import io.llmd.simulator.openai.CompletionSchema;
import io.llmd.simulator.token.RenderedPrompt;
import io.llmd.simulator.token.Tokenizer;
import tools.jackson.databind.node.ArrayNode;

/** {@code POST /v1/chat/completions/render} and {@code /v1/completions/render}: the prompt that a request becomes. */
public final class RenderApi {
    private final Tokenizer tokenizer;
    private final ChatRequests chats;
    private final CompletionRequests completions;

    public RenderApi(Tokenizer tokenizer, ChatRequests chats, CompletionRequests completions) {
        this.tokenizer = tokenizer;
        this.chats = chats;
        this.completions = completions;
    }

    /** One object. */
    public Reply chat(Call call) {
        RequestFields fields = call.fields(ChatSchema.SCHEMA);
        ChatRequest request = chats.read(call, fields);
        String id = "chatcmpl-" + RequestIds.of(call, fields);
        return Reply.Content.json(RenderedRequest.json(tokenizer, id, fields, request));
    }

    /** A list with one object for each prompt. */
    public Reply completion(Call call) {
        RequestFields fields = call.fields(CompletionSchema.SCHEMA);
        CompletionRequest request = completions.read(call, fields);
        String id = "cmpl-" + RequestIds.of(call, fields);
        ArrayNode list = Json.array();
        for (RenderedPrompt prompt : request.prompts()) {
            String name = request.prompts().size() == 1 ? id : id + "-" + list.size();
            int maxTokens = request.sampling().maxTokens().orElse(0);
            list.add(RenderedRequest.json(tokenizer, name, fields, prompt, request.sampling(), maxTokens));
        }
        return Reply.Content.json(list);
    }
}
