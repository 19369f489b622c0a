package io.llmd.simulator.openai;

import io.llmd.simulator.api.Call;
import io.llmd.simulator.api.Reply;
import io.llmd.simulator.api.RequestFields;
import io.llmd.simulator.api.RequestIds;
import io.llmd.simulator.api.TransferFields;
import java.util.List;

/** {@code POST /v1/chat/completions}. */
public final class ChatApi {
    private final ChatRequests requests;
    private final AnswerHeads heads;

    public ChatApi(ChatRequests requests, AnswerHeads heads) {
        this.requests = requests;
        this.heads = heads;
    }

    public Reply handle(Call call) {
        return answer(call, call.fields(ChatSchema.SCHEMA));
    }

    /** Answers a request whose types were checked. */
    public Reply answer(Call call, RequestFields fields) {
        ChatRequest request = requests.read(call, fields);
        AnswerHead head = heads.chat("chatcmpl-" + RequestIds.of(call, fields), call.nowSeconds(), request);
        return new Reply.Generate(
                head.id(),
                request.model(),
                List.of(request.prompt()),
                request.sampling(),
                false,
                TransferFields.read(fields),
                new ChatAnswer(head, request.style()));
    }
}
