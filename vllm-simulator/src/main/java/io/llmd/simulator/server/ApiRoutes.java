package io.llmd.simulator.server;

import io.llmd.simulator.anthropic.MessagesApi;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.Reply;
import io.llmd.simulator.api.Routes;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.openai.AnswerHeads;
import io.llmd.simulator.openai.ChatApi;
import io.llmd.simulator.openai.ChatBatchApi;
import io.llmd.simulator.openai.ChatMessages;
import io.llmd.simulator.openai.ChatRequests;
import io.llmd.simulator.openai.CompletionApi;
import io.llmd.simulator.openai.CompletionRequests;
import io.llmd.simulator.openai.LoraAdapters;
import io.llmd.simulator.openai.ModelNames;
import io.llmd.simulator.openai.TokenizeApi;
import io.llmd.simulator.pooling.PoolingApi;
import io.llmd.simulator.pooling.ScoreApi;
import io.llmd.simulator.responses.ResponsesApi;
import io.llmd.simulator.scaleout.GenerateApi;
import io.llmd.simulator.scaleout.RenderApi;
import io.llmd.simulator.token.Tokenizer;
import java.time.Instant;
import java.util.function.UnaryOperator;

/** The routes of an endpoint that depend on its settings only, not on the state of its engine. */
final class ApiRoutes {
    private final SimulatorSettings settings;
    private final Tokenizer tokenizer;
    private final ModelNames models;
    private final ChatMessages messages;
    private final AnswerHeads heads;
    private final ChatRequests chats;
    private final CompletionRequests completions;
    private final UnaryOperator<Routes.Handler> generating;
    private final Routes routes = new Routes();

    private ApiRoutes(
            SimulatorSettings settings,
            Tokenizer tokenizer,
            LoraAdapters adapters,
            UnaryOperator<Routes.Handler> generating) {
        this.generating = generating;
        this.settings = settings;
        this.tokenizer = tokenizer;
        models = new ModelNames(settings, adapters);
        messages = new ChatMessages(ChatTemplates.of(settings, tokenizer));
        heads = new AnswerHeads(settings, tokenizer);
        chats = new ChatRequests(settings, tokenizer, messages, models);
        completions = new CompletionRequests(settings, tokenizer, models);
    }

    /**
     * The routes of a new endpoint.
     *
     * @param generating changes the handlers of requests that other endpoints may have begun
     */
    static Routes of(
            SimulatorSettings settings,
            Tokenizer tokenizer,
            LoraAdapters adapters,
            Instant start,
            UnaryOperator<Routes.Handler> generating) {
        ApiRoutes routes = new ApiRoutes(settings, tokenizer, adapters, generating);
        routes.generation();
        routes.responses();
        routes.scaleout();
        routes.pooling();
        routes.descriptions(start);
        return routes.routes;
    }

    private void generation() {
        ChatApi chat = new ChatApi(chats, heads);
        CompletionApi completion = new CompletionApi(completions, heads, tokenizer);
        ChatBatchApi batch = new ChatBatchApi(chats, heads);
        MessagesApi anthropic = new MessagesApi(tokenizer, chats, messages, heads, models);
        InvocationsApi invocations = new InvocationsApi(chat, completion);
        routes.inference("/v1/chat/completions", generating.apply(chat::handle))
                .inference("/v1/chat/completions/batch", generating.apply(batch::handle))
                .inference("/v1/completions", generating.apply(completion::handle))
                .inference("/v1/messages", generating.apply(anthropic::create))
                .post("/v1/messages/count_tokens", anthropic::count)
                .post("/v1/messages/render", anthropic::render)
                .inference("/invocations", generating.apply(invocations::handle));
    }

    private void responses() {
        ResponsesApi responses = new ResponsesApi(tokenizer, chats, heads, models);
        routes.inference("/v1/responses", generating.apply(responses::create))
                .post("/v1/responses/render", responses::render)
                .get("/v1/responses/{response_id}", responses::read)
                .post("/v1/responses/{response_id}/cancel", responses::cancel);
    }

    private void scaleout() {
        GenerateApi generate = new GenerateApi(settings, tokenizer, models, heads);
        RenderApi render = new RenderApi(tokenizer, chats, completions);
        routes.inference("/inference/v1/generate", generating.apply(generate::handle))
                .post("/v1/chat/completions/render", render::chat)
                .post("/v1/completions/render", render::completion);
    }

    private void pooling() {
        PoolingApi pooling = new PoolingApi(settings, tokenizer, messages, models);
        ScoreApi scores = new ScoreApi(settings, tokenizer, models);
        routes.inference("/v1/embeddings", pooling::embed)
                .inference("/pooling", pooling::pool)
                .inference("/classify", pooling::classify)
                .inference("/score", scores::score)
                .inference("/v1/score", scores::score)
                .inference("/rerank", scores::rerank)
                .inference("/v1/rerank", scores::rerank)
                .inference("/v2/rerank", scores::rerank);
    }

    private void descriptions(Instant start) {
        TokenizeApi tokenize = new TokenizeApi(settings, tokenizer, messages, models);
        routes.post("/tokenize", tokenize::tokenize)
                .post("/detokenize", tokenize::detokenize)
                .get("/v1/models", call -> Reply.Content.json(models.list(start.getEpochSecond())))
                .get("/version", call -> Reply.Content.json(Json.object().put("version", settings.version())));
        if (settings.api().documentation()) {
            ApiDocumentation documentation = new ApiDocumentation(routes, settings.version());
            routes.get("/docs", call -> documentation.page()).get("/openapi.json", call -> documentation.schema());
        }
        if (settings.api().tokenizerInfo()) {
            routes.get("/tokenizer_info", tokenize::info);
        }
    }
}
