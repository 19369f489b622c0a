package io.llmd.simulator.openai;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.Call;
import io.llmd.simulator.api.Reply;
import io.llmd.simulator.api.RequestFields;
import io.llmd.simulator.api.RequestIds;
import io.llmd.simulator.api.TransferFields;
import io.llmd.simulator.token.RenderedPrompt;
import io.llmd.simulator.token.Tokenizer;
import java.util.Arrays;
import java.util.List;

/** {@code POST /v1/completions}. */
public final class CompletionApi {
    private final CompletionRequests requests;
    private final AnswerHeads heads;
    private final Tokenizer tokenizer;

    public CompletionApi(CompletionRequests requests, AnswerHeads heads, Tokenizer tokenizer) {
        this.requests = requests;
        this.heads = heads;
        this.tokenizer = tokenizer;
    }

    public Reply handle(Call call) {
        return answer(call, call.fields(CompletionSchema.SCHEMA));
    }

    /** Answers a request whose types were checked. */
    public Reply answer(Call call, RequestFields fields) {
        if (fields.bool("stream", false) && fields.bool("use_beam_search", false)) {
            throw ApiException.badRequest("Streaming is not currently supported with beam search", null);
        }
        CompletionRequest request = requests.read(call, fields);
        AnswerHead head = heads.head(
                "cmpl-" + RequestIds.of(call, fields),
                call.nowSeconds(),
                request.model(),
                request.sampling(),
                heads.usage(),
                request.logprobs());
        return new Reply.Generate(
                head.id(),
                request.model(),
                request.prompts(),
                request.sampling(),
                false,
                TransferFields.read(fields),
                new CompletionAnswer(head, echo(request)));
    }

    private CompletionAnswer.Echo echo(CompletionRequest request) {
        if (!request.echo()) {
            return CompletionAnswer.Echo.OFF;
        }
        boolean ids = request.sampling().returnTokenIds();
        List<String> texts = request.prompts().stream()
                .map(RenderedPrompt::tokens)
                .map(tokens -> ids ? "" : text(tokens))
                .toList();
        return new CompletionAnswer.Echo(texts, request.sampling().n(), request.promptOnly());
    }

    /** The text that was sent: without the token that begins every text. */
    private String text(int[] tokens) {
        boolean begins = tokenizer.beginOfText().isPresent()
                && tokens.length > 0
                && tokens[0] == tokenizer.beginOfText().getAsInt();
        return tokenizer.decode(begins ? Arrays.copyOfRange(tokens, 1, tokens.length) : tokens);
    }
}
