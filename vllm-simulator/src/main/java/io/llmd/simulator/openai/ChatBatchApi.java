package io.llmd.simulator.openai;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.BodySchema;
import io.llmd.simulator.api.Call;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.Reply;
import io.llmd.simulator.api.RequestFields;
import io.llmd.simulator.api.RequestIds;
import io.llmd.simulator.api.TransferFields;
import io.llmd.simulator.token.RenderedPrompt;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code POST /v1/chat/completions/batch}: several conversations, each answered by one choice. */
public final class ChatBatchApi {
    /** Fields that the endpoint has not. */
    private static final List<String> IGNORED =
            List.of("stream", "stream_options", "tools", "tool_choice", "kv_transfer_params");

    private static final BodySchema SCHEMA = BodySchema.builder()
            .check(ChatBatchApi::check)
            .required("messages", MessageType.MESSAGE.list(1).list(1))
            .build();

    private final ChatRequests requests;
    private final AnswerHeads heads;

    public ChatBatchApi(ChatRequests requests, AnswerHeads heads) {
        this.requests = requests;
        this.heads = heads;
    }

    private static void check(RequestFields fields) {
        if (fields.truthy("use_beam_search")) {
            throw ApiException.parameter(
                    "Batch chat completions do not support beam search. Please set `use_beam_search` to False.",
                    "use_beam_search");
        }
        JsonNode n = fields.get("n");
        if (n != null && !(n.isNumber() && Json.number(n) == 1)) {
            throw ApiException.parameter(
                    "Batch chat completions do not support `n > 1`. Please set `n` to 1.",
                    "n",
                    n.isIntegralNumber() ? n.bigIntegerValue() : n.toString());
        }
    }

    public Reply handle(Call call) {
        RequestFields fields = call.fields(SCHEMA);
        List<ChatRequest> chats = new ArrayList<>();
        for (JsonNode messages : fields.body().path("messages")) {
            chats.add(requests.read(call, ChatSchema.SCHEMA.read("body", one(fields, (ArrayNode) messages))));
        }
        ChatRequest first = chats.getFirst();
        String id = "chatcmpl-" + RequestIds.of(call, fields);
        AnswerHead head =
                heads.head(id, call.nowSeconds(), first.model(), first.sampling(), UsageRules.PLAIN, first.logprobs());
        List<RenderedPrompt> prompts = chats.stream().map(ChatRequest::prompt).toList();
        return new Reply.Generate(
                id,
                first.model(),
                prompts,
                first.sampling(),
                false,
                TransferFields.NONE,
                new ChatAnswer(head, first.style()));
    }

    private static ObjectNode one(RequestFields fields, ArrayNode messages) {
        ObjectNode chat = fields.body().deepCopy();
        IGNORED.forEach(chat::remove);
        return chat.set("messages", messages);
    }
}
