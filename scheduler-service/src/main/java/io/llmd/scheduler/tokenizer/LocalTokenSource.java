package io.llmd.scheduler.tokenizer;

import io.llmd.scheduler.scheduling.Prompt;
import io.llmd.scheduler.scheduling.RequestBody;
import io.llmd.scheduler.tokenizer.TokenizationListener.Store;
import io.llmd.token.chat.Chat;
import io.llmd.token.chat.ChatTemplateException;
import io.llmd.token.chat.ChatText;
import io.llmd.token.pretrained.NativeTokenizer;
import io.llmd.token.pretrained.SafeCuts;
import io.llmd.token.pretrained.SpecialTokens;
import io.llmd.token.pretrained.TokenizerFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Has the tokenizer of the model and its chat template. Texts are cut where that is safe, and the tokens of the pieces are
 * kept, so that of a conversation that goes on only what is new is tokenized.
 */
public final class LocalTokenSource implements TokenSource {

    private static final Logger LOG = LoggerFactory.getLogger(LocalTokenSource.class);
    private static final int MAX_DEPTH = 128;
    private static final JsonMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MAX_DEPTH)
                            .maxStringLength(Integer.MAX_VALUE)
                            .build())
                    .build())
            .build();

    private final String name;
    private final TokenizerFiles files;
    private final @Nullable ChatText template;
    private final TokenCache<int[]> pieces;
    private final CompletableFuture<PieceTokenizer> tokenizer = new CompletableFuture<>();
    private boolean isClosed;

    /**
     * Reads the small files and checks that the large one is there.
     *
     * @param place a {@code tokenizer.json}, or a folder that has one
     * @param chatTemplate file of a template to use instead of the model's; null for the model's
     * @param cacheBytes most bytes of tokens of pieces that are kept
     * @throws IllegalArgumentException when a file is missing or cannot be read
     */
    public LocalTokenSource(
            String name,
            Path place,
            @Nullable Path chatTemplate,
            long cacheBytes,
            TokenizationListener listener,
            Supplier<LocalDateTime> now) {
        this.name = name;
        files = TokenizerFiles.at(place);
        String source = chatTemplate == null ? files.readTemplate() : read(chatTemplate);
        template = source == null ? null : template(source, files.readConfig(), now);
        pieces = new TokenCache<>(name, Store.PIECES, cacheBytes, tokens -> 4L * tokens.length, listener);
    }

    private static ChatText template(String source, ObjectNode config, Supplier<LocalDateTime> now) {
        try {
            return new ChatText(source, SpecialTokens.of(config), modality -> "", now);
        } catch (ChatTemplateException e) {
            throw new IllegalArgumentException("chat template: " + e.getMessage(), e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new IllegalArgumentException("chatTemplate: " + file + " cannot be read: " + e.getMessage(), e);
        }
    }

    @Override
    public void start() {
        Thread.ofPlatform().daemon().name("tokenizer-loader").start(this::load);
    }

    /** Loads the vocabulary and the native code, which takes up to seconds. */
    private void load() {
        try {
            NativeTokenizer loaded = new NativeTokenizer(files.tokenizer());
            PieceTokenizer made = new PieceTokenizer(
                    loaded, SafeCuts.of(files.readTokenizer()).verified(loaded::encode), pieces);
            synchronized (this) {
                if (isClosed) {
                    made.close();
                    return;
                }
            }
            tokenizer.complete(made);
            LOG.atInfo().addKeyValue("plugin", name).log("the tokenizer is loaded");
        } catch (RuntimeException e) {
            LOG.atError()
                    .addKeyValue("plugin", name)
                    .addKeyValue("reason", String.valueOf(e.getMessage()))
                    .log("the tokenizer cannot be loaded, tokens stay estimates");
            tokenizer.completeExceptionally(e);
        }
    }

    @Override
    public boolean takes(RequestBody body) {
        return switch (body.api()) {
            case COMPLETIONS -> true;
            case CHAT_COMPLETIONS -> template != null && body.mediaHashes().length == 0;
            default -> false;
        };
    }

    @Override
    public boolean isStable(RequestBody body) {
        return body.api() != RequestBody.Api.CHAT_COMPLETIONS || template == null || !template.tellsTime();
    }

    @Override
    public CompletionStage<List<Prompt>> tokenize(RequestBody body, byte[] json) {
        return tokenizer.thenApply(loaded -> {
            if (!(JSON.readTree(json) instanceof ObjectNode object) || truncates(object)) {
                return List.of();
            }
            return body.api() == RequestBody.Api.CHAT_COMPLETIONS ? chat(loaded, object) : texts(loaded, object);
        });
    }

    /** The engine would leave out a part of the prompt. */
    private static boolean truncates(ObjectNode body) {
        JsonNode limit = body.path("truncate_prompt_tokens");
        return !limit.isMissingNode() && !limit.isNull();
    }

    private List<Prompt> chat(PieceTokenizer loaded, ObjectNode body) {
        Chat chat = ChatBodies.read(body);
        ChatText used = template;
        if (chat == null || used == null) {
            return List.of();
        }
        String text;
        try {
            text = used.render(chat);
        } catch (ChatTemplateException refused) {
            return List.of();
        }
        return List.of(
                Prompt.exact(chat.addSpecialTokens() ? loaded.encodePrompt(text) : loaded.encode(text), List.of()));
    }

    private static List<Prompt> texts(PieceTokenizer loaded, ObjectNode body) {
        Boolean addSpecials = ChatBodies.flag(body, "add_special_tokens", true);
        JsonNode prompt = body.path("prompt");
        if (addSpecials == null) {
            return List.of();
        }
        List<Prompt> prompts = new ArrayList<>();
        for (JsonNode text : prompt instanceof ArrayNode list ? list : List.of(prompt)) {
            if (!text.isString()) {
                return List.of();
            }
            String value = text.stringValue();
            prompts.add(Prompt.exact(addSpecials ? loaded.encodePrompt(value) : loaded.encode(value), List.of()));
        }
        return prompts;
    }

    @Override
    public void close() {
        synchronized (this) {
            isClosed = true;
        }
        tokenizer.thenAccept(PieceTokenizer::close);
        pieces.clear();
    }
}
