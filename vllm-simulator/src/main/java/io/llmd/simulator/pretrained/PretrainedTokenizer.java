package io.llmd.simulator.pretrained;

import io.llmd.simulator.engine.OutputTokens;
import io.llmd.simulator.token.OutputWords;
import io.llmd.simulator.token.SpecialToken;
import io.llmd.simulator.token.TokenDecoder;
import io.llmd.simulator.token.Tokenizer;
import io.llmd.token.chat.Modality;
import io.llmd.token.pretrained.NativeTokenizer;
import io.llmd.token.pretrained.SpecialTokens;
import io.llmd.token.pretrained.TokenizerFiles;
import io.llmd.token.pretrained.Vocabulary;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** The tokenizer of a model, from its {@code tokenizer.json} and, if there is one, {@code tokenizer_config.json}. */
public final class PretrainedTokenizer implements Tokenizer, AutoCloseable {
    /** Names that models give to placeholders, the more usual ones first. */
    private static final Map<Modality, List<String>> PLACEHOLDERS = Map.of(
            Modality.IMAGE,
            List.of("<|image_pad|>", "<|image|>", "<image>", "<image_soft_token>", "[IMG]", "<IMG_CONTEXT>"),
            Modality.AUDIO,
            List.of("<|audio_pad|>", "<|AUDIO|>", "<|audio|>", "<audio>", "<audio_soft_token>", "[AUDIO]"),
            Modality.VIDEO,
            List.of("<|video_pad|>", "<|video|>", "<video>"));

    private final NativeTokenizer tokenizer;
    private final Vocabulary vocabulary;
    private final ObjectNode config;
    private final @Nullable String chatTemplate;
    private final OutputWords words;

    /**
     * Reads the files.
     *
     * @param place a {@code tokenizer.json}, or a folder that has one
     * @throws IllegalArgumentException if a file is missing or cannot be read
     * @throws IllegalStateException if there is no native code for this machine
     */
    public PretrainedTokenizer(Path place) {
        TokenizerFiles files = TokenizerFiles.at(place);
        vocabulary = new Vocabulary(files.readTokenizer());
        config = files.readConfig();
        chatTemplate = files.readTemplate();
        tokenizer = new NativeTokenizer(files.tokenizer());
        words = OutputWords.of(this);
    }

    @Override
    public int[] encode(String text) {
        return tokenizer.encode(text);
    }

    @Override
    public int[] encodePrompt(String text) {
        return tokenizer.encodePrompt(text);
    }

    @Override
    public String decode(int... tokens) {
        return tokenizer.decode(tokens);
    }

    @Override
    public String tokenString(int token) {
        return vocabulary.name(token);
    }

    @Override
    public int[] special(SpecialToken token) {
        OptionalInt id = vocabulary.added(token.text());
        return id.isPresent() ? new int[] {id.getAsInt()} : encode(token.text());
    }

    @Override
    public int placeholder(Modality modality) {
        for (List<String> names : Arrays.asList(PLACEHOLDERS.get(modality), PLACEHOLDERS.get(Modality.IMAGE))) {
            for (String name : names == null ? List.<String>of() : names) {
                OptionalInt id = vocabulary.added(name);
                if (id.isPresent()) {
                    return id.getAsInt();
                }
            }
        }
        return endOfText().orElse(0);
    }

    @Override
    public boolean isSpecial(int token) {
        return vocabulary.isSpecial(token);
    }

    @Override
    public int vocabularySize() {
        return vocabulary.size();
    }

    @Override
    public OptionalInt beginOfText() {
        return configured("bos_token");
    }

    @Override
    public OptionalInt endOfText() {
        return configured("eos_token");
    }

    private OptionalInt configured(String name) {
        String text = SpecialTokens.text(config, name);
        return text == null ? OptionalInt.empty() : vocabulary.added(text);
    }

    @Override
    public OutputTokens output(long key) {
        return words.output(key);
    }

    @Override
    public TokenDecoder decoder() {
        return TokenDecoder.of(this);
    }

    @Override
    public Map<String, String> specialTokens() {
        return SpecialTokens.of(config);
    }

    @Override
    public Optional<String> chatTemplate() {
        return Optional.ofNullable(chatTemplate);
    }

    @Override
    public Map<String, Object> description() {
        Map<String, Object> description = new LinkedHashMap<>();
        config.properties().forEach(field -> description.put(field.getKey(), TokenizerFiles.plain(field.getValue())));
        description.putIfAbsent("tokenizer_class", "PreTrainedTokenizerFast");
        if (chatTemplate != null) {
            description.put("chat_template", chatTemplate);
        }
        return description;
    }

    /** Frees native memory; nothing may use the tokenizer afterwards. */
    @Override
    public void close() {
        tokenizer.close();
    }
}
