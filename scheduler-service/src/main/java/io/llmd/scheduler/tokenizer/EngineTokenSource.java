package io.llmd.scheduler.tokenizer;

import io.llmd.scheduler.plugin.PluginTimer;
import io.llmd.scheduler.scheduling.Prompt;
import io.llmd.scheduler.scheduling.RequestBody;
import io.llmd.scheduler.scheduling.RequestBody.Api;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;

/**
 * Asks an engine, or a server that does nothing but render. Where render routes are missing, as in engines before 0.18 and
 * in those that are told so, the tokenize route stands in for requests whose tokens it can say exactly.
 */
public final class EngineTokenSource implements TokenSource {

    private static final Logger LOG = LoggerFactory.getLogger(EngineTokenSource.class);
    private static final int CONNECTIONS = 16;
    private static final int MAX_WAITING = 256;
    private static final int THREADS = 2;
    private static final int MAX_ANSWER_BYTES = 8 << 20;
    private static final int MAX_MEDIA_ANSWER_BYTES = 32 << 20;
    private static final int MAX_TEXTS = 8;
    private static final int WARM_UPS = 24;
    private static final Duration WARM_UP_INTERVAL = Duration.ofSeconds(5);
    private static final long ROUTE_MISSING_NANOS = TimeUnit.MINUTES.toNanos(1);
    private static final String TOKENIZE = "/tokenize";
    private static final JsonMapper JSON = new JsonMapper();
    private static final Map<Api, String> RENDER = Map.of(
            Api.COMPLETIONS, "/v1/completions/render",
            Api.CHAT_COMPLETIONS, "/v1/chat/completions/render",
            Api.RESPONSES, "/v1/responses/render",
            Api.MESSAGES, "/v1/messages/render");

    private final EngineSettings settings;
    private final PluginTimer timer;
    private final LongSupplier nanoClock;
    private final CallLine line = new CallLine(CONNECTIONS, MAX_WAITING);
    private final AtomicBoolean works = new AtomicBoolean(true);
    private volatile @Nullable ExecutorService callbacks;
    private volatile @Nullable HttpClient http;
    private volatile long renderMissingUntilNanos;
    private volatile boolean isRenderMissing;

    /** A source that calls nobody until it is started. */
    public EngineTokenSource(EngineSettings settings, PluginTimer timer, LongSupplier nanoClock) {
        this.settings = settings;
        this.timer = timer;
        this.nanoClock = nanoClock;
    }

    @Override
    public void start() {
        ExecutorService threads = Executors.newFixedThreadPool(
                THREADS, Thread.ofPlatform().daemon().name("engine-tokens-", 0).factory());
        callbacks = threads;
        http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(settings.timeout())
                .executor(threads)
                .build();
        warmUp(1);
    }

    /** Opens a connection, so that the first request does not pay for it, and says whether the engine is there. */
    private void warmUp(int attempt) {
        byte[] body = RenderWire.tokenizeText(settings.model(), "warm-up", true);
        post(RENDER.get(Api.COMPLETIONS), body, settings.timeout(), MAX_ANSWER_BYTES)
                .whenComplete((answer, failure) -> {
                    if (failure == null && (answer.isOk() || answer.isRouteMissing())) {
                        if (answer.isRouteMissing()) {
                            renderIsMissing();
                        }
                        LOG.atInfo().addKeyValue("url", settings.url()).log("the engine answers requests for tokens");
                    } else if (attempt < WARM_UPS && http != null) {
                        timer.after(WARM_UP_INTERVAL, () -> warmUp(attempt + 1));
                    } else if (http != null) {
                        LOG.atWarn()
                                .addKeyValue("url", settings.url())
                                .addKeyValue("reason", failure == null ? answer.failure() : failure.toString())
                                .log("the engine does not answer requests for tokens");
                    }
                });
    }

    @Override
    public boolean takes(RequestBody body) {
        return RENDER.containsKey(body.api());
    }

    @Override
    public boolean isStable(RequestBody body) {
        return true;
    }

    @Override
    public CompletionStage<List<Prompt>> tokenize(RequestBody body, byte[] json) {
        byte[] request = RenderWire.forModel(json, settings.model());
        if (isRenderMissing && renderMissingUntilNanos - nanoClock.getAsLong() > 0) {
            return withoutRender(body, json, request).whenComplete(this::said);
        }
        boolean hasMedia = body.mediaHashes().length > 0;
        return post(
                        RENDER.getOrDefault(body.api(), ""),
                        request,
                        hasMedia ? settings.mediaTimeout() : settings.timeout(),
                        hasMedia ? MAX_MEDIA_ANSWER_BYTES : MAX_ANSWER_BYTES)
                .thenCompose(answer -> {
                    if (answer.isRouteMissing()) {
                        renderIsMissing();
                        return withoutRender(body, json, request);
                    }
                    return CompletableFuture.completedFuture(
                            answer.isRefused() ? List.<Prompt>of() : RenderWire.rendered(ok(answer)));
                })
                .whenComplete(this::said);
    }

    private void renderIsMissing() {
        renderMissingUntilNanos = nanoClock.getAsLong() + ROUTE_MISSING_NANOS;
        if (!isRenderMissing) {
            isRenderMissing = true;
            LOG.atInfo().addKeyValue("url", settings.url()).log("the engine has no render routes, /tokenize stands in");
        }
    }

    /** The tokenize route says nothing of media, and takes one text. */
    private CompletableFuture<List<Prompt>> withoutRender(RequestBody body, byte[] json, byte[] request) {
        if (body.mediaHashes().length > 0) {
            return CompletableFuture.completedFuture(List.of());
        }
        JsonNode fields = JSON.readTree(json);
        return switch (body.api()) {
            case CHAT_COMPLETIONS ->
                isGiven(fields, "reasoning_effort") || isGiven(fields, "documents") || truncates(fields)
                        ? CompletableFuture.completedFuture(List.of())
                        : tokens(request).thenApply(prompt -> prompt == null ? List.of() : List.of(prompt));
            case COMPLETIONS -> truncates(fields) ? CompletableFuture.completedFuture(List.of()) : texts(fields);
            default -> CompletableFuture.completedFuture(List.of());
        };
    }

    private static boolean truncates(JsonNode fields) {
        return isGiven(fields, "truncate_prompt_tokens");
    }

    private static boolean isGiven(JsonNode fields, String name) {
        return fields.hasNonNull(name);
    }

    private CompletableFuture<List<Prompt>> texts(JsonNode fields) {
        JsonNode prompt = fields.path("prompt");
        List<JsonNode> texts = new ArrayList<>();
        if (prompt instanceof ArrayNode list) {
            list.forEach(texts::add);
        } else {
            texts.add(prompt);
        }
        if (texts.size() > MAX_TEXTS || !texts.stream().allMatch(JsonNode::isString)) {
            return CompletableFuture.completedFuture(List.of());
        }
        boolean addSpecials = fields.path("add_special_tokens").asBoolean(true);
        CompletableFuture<List<Prompt>> all = CompletableFuture.completedFuture(new ArrayList<>());
        for (JsonNode text : texts) {
            CompletableFuture<@Nullable Prompt> one =
                    tokens(RenderWire.tokenizeText(settings.model(), text.stringValue(), addSpecials));
            all = all.thenCombine(one, (prompts, made) -> {
                if (made != null) {
                    prompts.add(made);
                }
                return prompts;
            });
        }
        return all.thenApply(prompts -> prompts.size() == texts.size() ? prompts : List.of());
    }

    /** Tokens of one text or chat; null when the engine refuses it. */
    private CompletableFuture<@Nullable Prompt> tokens(byte[] request) {
        return post(TOKENIZE, request, settings.timeout(), MAX_ANSWER_BYTES)
                .thenApply(answer -> answer.isRefused() ? null : RenderWire.tokenized(ok(answer)));
    }

    private static byte[] ok(Answer answer) {
        if (!answer.isOk()) {
            throw answer.failure();
        }
        return answer.body();
    }

    private CompletableFuture<Answer> post(@Nullable String path, byte[] body, Duration timeout, int maxBytes) {
        return line.call(() -> {
            HttpClient client = http;
            ExecutorService threads = callbacks;
            if (client == null || threads == null || path == null) {
                throw new IllegalStateException("the tokenizer is not in use");
            }
            HttpRequest request = HttpRequest.newBuilder(at(settings.url(), path))
                    .timeout(timeout)
                    .header("content-type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                    .build();
            return client.sendAsync(request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), maxBytes))
                    .orTimeout(timeout.toNanos(), TimeUnit.NANOSECONDS)
                    // the client would go on in the pool that all share
                    .whenCompleteAsync((response, failure) -> {}, threads)
                    .thenApply(response -> new Answer(path, response.statusCode(), response.body()));
        });
    }

    private static URI at(URI server, String path) {
        String base = server.toString();
        return URI.create((base.endsWith("/") ? base.substring(0, base.length() - 1) : base) + path);
    }

    /** Logs when the engine begins to fail and when it works again, not each time. */
    private void said(@Nullable List<Prompt> prompts, @Nullable Throwable failure) {
        boolean isChanged = works.getAndSet(failure == null) != (failure == null);
        if (isChanged && failure == null) {
            LOG.atInfo().addKeyValue("url", settings.url()).log("the engine makes tokens again");
        } else if (isChanged && failure != null) {
            LOG.atWarn()
                    .addKeyValue("url", settings.url())
                    .addKeyValue("reason", failure.toString())
                    .log("the engine makes no tokens, they stay estimates");
        }
    }

    @Override
    public void close() {
        HttpClient client = http;
        ExecutorService threads = callbacks;
        http = null;
        if (client != null) {
            client.shutdownNow();
        }
        if (threads != null) {
            threads.shutdown();
        }
    }
}
