package io.llmd.simulator.responses;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.Call;
import io.llmd.simulator.api.Reply;
import io.llmd.simulator.api.RequestFields;
import io.llmd.simulator.api.RequestIds;
import io.llmd.simulator.api.TransferFields;
import io.llmd.simulator.openai.AnswerHead;
import io.llmd.simulator.openai.AnswerHeads;
import io.llmd.simulator.openai.ChatRequest;
import io.llmd.simulator.openai.ChatRequests;
import io.llmd.simulator.openai.LogprobOptions;
import io.llmd.simulator.openai.ModelNames;
import io.llmd.simulator.openai.UsageRules;
import io.llmd.simulator.scaleout.RenderedRequest;
import io.llmd.simulator.token.Tokenizer;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code /v1/responses}: making responses, reading and cancelling those that are remembered. */
public final class ResponsesApi {
    private final Tokenizer tokenizer;
    private final ChatRequests requests;
    private final AnswerHeads heads;
    private final ModelNames models;
    private final StoredResponses stored = new StoredResponses();

    public ResponsesApi(Tokenizer tokenizer, ChatRequests requests, AnswerHeads heads, ModelNames models) {
        this.tokenizer = tokenizer;
        this.requests = requests;
        this.heads = heads;
        this.models = models;
    }

    /** {@code POST /v1/responses}. */
    public Reply create(Call call) {
        RequestFields fields = call.fields(ResponsesSchema.SCHEMA);
        models.resolve(fields);
        String previous = fields.string("previous_response_id");
        ArrayNode earlier = previous == null ? null : find(previous).messages();
        ObjectNode chat = ChatForm.of(fields, earlier);
        ChatRequest request = requests.read(call, new RequestFields(chat), "max_output_tokens");
        String id = id(fields);
        UsageRules usage = heads.chatUsage().withDetails();
        AnswerHead head =
                heads.head(id, call.nowSeconds(), request.model(), request.sampling(), usage, LogprobOptions.NONE);
        ResponseBody body = new ResponseBody(head, fields, request);
        boolean store = fields.bool("store", true);
        ArrayNode messages = (ArrayNode) chat.get("messages");
        ResponsesAnswer answer = new ResponsesAnswer(body, complete -> {
            if (store) {
                keep(id, complete, messages);
            }
        });
        Reply.Generate work = new Reply.Generate(
                id,
                request.model(),
                List.of(request.prompt()),
                request.sampling(),
                false,
                TransferFields.read(fields),
                answer);
        if (!fields.bool("background", false) || request.sampling().stream()) {
            return work;
        }
        ObjectNode queued = body.json("queued");
        return new Reply.Background(
                work,
                Reply.Content.json(queued),
                abort -> stored.put(id, new StoredResponses.Stored(queued, messages, abort)));
    }

    /** {@code POST /v1/responses/render}. */
    public Reply render(Call call) {
        RequestFields fields = call.fields(ResponsesSchema.SCHEMA);
        models.resolve(fields);
        String previous = fields.string("previous_response_id");
        RequestFields chat = new RequestFields(
                ChatForm.of(fields, previous == null ? null : find(previous).messages()));
        ChatRequest request = requests.read(call, chat, "max_output_tokens");
        return Reply.Content.json(RenderedRequest.json(tokenizer, id(fields), chat, request));
    }

    private static String id(RequestFields fields) {
        String given = fields.string("request_id");
        return given == null ? "resp_" + RequestIds.random() : given;
    }

    private void keep(String id, ObjectNode complete, ArrayNode before) {
        ArrayNode messages = before.deepCopy();
        ResponseBody.asMessages(complete).forEach(messages::add);
        StoredResponses.Stored old = stored.get(id);
        if (old == null || !old.status().equals("cancelled")) {
            stored.put(id, new StoredResponses.Stored(complete, messages, null));
        }
    }

    /** {@code GET /v1/responses/{id}}. */
    public Reply read(Call call) {
        return Reply.Content.json(find(call.variable("response_id")).body());
    }

    /** {@code POST /v1/responses/{id}/cancel}. */
    public Reply cancel(Call call) {
        String id = call.variable("response_id");
        StoredResponses.Stored response = find(id);
        Runnable abort = response.abort();
        if (!response.status().equals("queued") || abort == null) {
            throw new ApiException(
                    400, "invalid_request_error", "Cannot cancel a synchronous response.", "response_id");
        }
        StoredResponses.Stored cancelled = stored.change(id, old -> old.withStatus("cancelled"));
        abort.run();
        return Reply.Content.json((cancelled == null ? response.withStatus("cancelled") : cancelled).body());
    }

    private StoredResponses.Stored find(String id) {
        StoredResponses.Stored response = stored.get(id);
        if (response == null) {
            throw new ApiException(
                    404, "invalid_request_error", "Response with id '" + id + "' not found.", "response_id");
        }
        return response;
    }
}
