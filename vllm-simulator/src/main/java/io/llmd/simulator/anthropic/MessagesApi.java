package io.llmd.simulator.anthropic;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.Call;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.Reply;
import io.llmd.simulator.api.RequestFields;
import io.llmd.simulator.api.RequestIds;
import io.llmd.simulator.api.TransferFields;
import io.llmd.simulator.openai.AnswerHeads;
import io.llmd.simulator.openai.ChatMessages;
import io.llmd.simulator.openai.ChatRequest;
import io.llmd.simulator.openai.ChatRequests;
import io.llmd.simulator.openai.ChatSchema;
import io.llmd.simulator.openai.ModelNames;
import io.llmd.simulator.scaleout.RenderedRequest;
import io.llmd.simulator.token.Tokenizer;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/** {@code POST /v1/messages} and {@code /v1/messages/count_tokens}. */
public final class MessagesApi {
    private final Tokenizer tokenizer;
    private final ChatRequests requests;
    private final ChatMessages messages;
    private final AnswerHeads heads;
    private final ModelNames models;

    public MessagesApi(
            Tokenizer tokenizer, ChatRequests requests, ChatMessages messages, AnswerHeads heads, ModelNames models) {
        this.tokenizer = tokenizer;
        this.requests = requests;
        this.messages = messages;
        this.heads = heads;
        this.models = models;
    }

    /** {@code POST /v1/messages}. */
    public Reply create(Call call) {
        RequestFields fields = call.fields(MessagesSchema.MESSAGES);
        try {
            RequestFields chat = ChatSchema.SCHEMA.read("body", ChatForm.of(fields));
            ChatRequest request = requests.read(call, chat);
            String id = "chatcmpl-" + RequestIds.of(call, chat);
            MessagesAnswer answer = new MessagesAnswer(id, request, heads.chatUsage());
            return new Reply.Generate(
                    id,
                    request.model(),
                    List.of(request.prompt()),
                    request.sampling(),
                    false,
                    TransferFields.read(fields),
                    answer);
        } catch (ApiException e) {
            return refused(e);
        }
    }

    /** {@code POST /v1/messages/render}. */
    public Reply render(Call call) {
        RequestFields fields = call.fields(MessagesSchema.MESSAGES);
        try {
            RequestFields chat = ChatSchema.SCHEMA.read("body", ChatForm.of(fields));
            String id = "chatcmpl-" + RequestIds.of(call, chat);
            return Reply.Content.json(RenderedRequest.json(tokenizer, id, chat, requests.read(call, chat)));
        } catch (ApiException e) {
            return refused(e);
        }
    }

    /** {@code POST /v1/messages/count_tokens}. */
    public Reply count(Call call) {
        RequestFields fields = call.fields(MessagesSchema.COUNT);
        try {
            models.resolve(fields);
            RequestFields chat = ChatSchema.SCHEMA.read("body", ChatForm.of(fields));
            int tokens = messages.render(chat).length();
            ObjectNode body = Json.object().put("input_tokens", tokens);
            body.putObject("context_management").put("original_input_tokens", tokens);
            return Reply.Content.json(body);
        } catch (ApiException e) {
            return refused(e);
        }
    }

    /** Errors behind the reading of the body are told in Anthropic's shape. */
    private static Reply refused(ApiException error) {
        return Reply.Content.json(error.status(), Json.messagesError(error));
    }
}
