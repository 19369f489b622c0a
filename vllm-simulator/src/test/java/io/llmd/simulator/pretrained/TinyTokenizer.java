package io.llmd.simulator.pretrained;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.json.JsonMapper;

/** Writes the files of small tokenizers of two usual kinds. */
public final class TinyTokenizer {
    /** Special tokens, with the first id after the bytes and words. */
    static final List<String> SPECIALS =
            List.of("<|begin|>", "<|end|>", "<|im_start|>", "<|im_end|>", "<|image_pad|>", "<|video_pad|>");

    private static final List<String> WORDS = List.of(
            "the", "and", "you", "that", "was", "for", "are", "with", "his", "they", "this", "have", "from", "one",
            "had", "word", "but", "what", "some", "we", "can", "out", "were", "all");

    private final Map<String, Integer> vocabulary = new LinkedHashMap<>();
    private final Set<String> merges = new LinkedHashSet<>();

    private TinyTokenizer() {}

    /** Bytes and words with the space before them, as GPT-2, Llama 3 and Qwen have them; a prompt begins with a token. */
    public static Path byteLevel(Path folder) throws IOException {
        return byteLevel(folder, WORDS);
    }

    /** The same with other words. */
    static Path byteLevel(Path folder, List<String> words) throws IOException {
        TinyTokenizer tiny = new TinyTokenizer();
        for (int b = 0; b < 256; b++) {
            tiny.vocabulary.put(byteName(b), b);
        }
        for (String word : words) {
            String capital = Character.toUpperCase(word.charAt(0)) + word.substring(1);
            tiny.word("Ġ" + word);
            tiny.word("Ġ" + capital);
            tiny.word(capital);
        }
        Map<String, Object> byteLevel =
                Map.of("type", "ByteLevel", "add_prefix_space", false, "trim_offsets", true, "use_regex", true);
        int begin = tiny.vocabulary.size();
        Map<String, Object> json = tiny.json(byteLevel, byteLevel, false);
        json.put(
                "post_processor",
                Map.of(
                        "type", "TemplateProcessing",
                        "single",
                                List.of(
                                        Map.of("SpecialToken", Map.of("id", "<|begin|>", "type_id", 0)),
                                        Map.of("Sequence", Map.of("id", "A", "type_id", 0))),
                        "pair", List.of(Map.of("Sequence", Map.of("id", "A", "type_id", 0))),
                        "special_tokens",
                                Map.of(
                                        "<|begin|>",
                                        Map.of(
                                                "id",
                                                "<|begin|>",
                                                "ids",
                                                List.of(begin),
                                                "tokens",
                                                List.of("<|begin|>")))));
        json.put("truncation", Map.of("direction", "Right", "max_length", 8, "strategy", "LongestFirst", "stride", 0));
        return tiny.write(folder, json);
    }

    /** Words with a mark for the space, bytes for what is not in the vocabulary, as Llama 2 and Mistral have them. */
    static Path marked(Path folder) throws IOException {
        TinyTokenizer tiny = new TinyTokenizer();
        for (int b = 0; b < 256; b++) {
            tiny.vocabulary.put(String.format("<0x%02X>", b), b);
        }
        for (char c = ' '; c < 127; c++) {
            tiny.vocabulary.putIfAbsent(String.valueOf(c), tiny.vocabulary.size());
        }
        tiny.vocabulary.put("▁", tiny.vocabulary.size());
        for (String word : WORDS) {
            tiny.word("▁" + word);
            tiny.word("▁" + Character.toUpperCase(word.charAt(0)) + word.substring(1));
        }
        Map<String, Object> marks = Map.of(
                "type",
                "Sequence",
                "normalizers",
                List.of(
                        Map.of("type", "Prepend", "prepend", "▁"),
                        Map.of("type", "Replace", "pattern", Map.of("String", " "), "content", "▁")));
        Map<String, Object> decoder = Map.of(
                "type",
                "Sequence",
                "decoders",
                List.of(
                        Map.of("type", "Replace", "pattern", Map.of("String", "▁"), "content", " "),
                        Map.of("type", "ByteFallback"),
                        Map.of("type", "Fuse"),
                        Map.of("type", "Strip", "content", " ", "start", 1, "stop", 0)));
        Map<String, Object> json = tiny.json(null, decoder, true);
        json.put("normalizer", marks);
        return tiny.write(folder, json);
    }

    /** Name of a byte: itself if it is printable, else one of the characters from U+0100 in their order. */
    static String byteName(int b) {
        int hidden = 256;
        for (int i = 0; i < b; i++) {
            hidden += isPrintable(i) ? 0 : 1;
        }
        return Character.toString(isPrintable(b) ? b : hidden);
    }

    private static boolean isPrintable(int b) {
        return b >= '!' && b <= '~' || b >= 0xA1 && b <= 0xAC || b >= 0xAE;
    }

    private void word(String word) {
        for (int end = 2; end <= word.length(); end++) {
            merges.add(word.substring(0, end - 1) + " " + word.charAt(end - 1));
            vocabulary.putIfAbsent(word.substring(0, end), vocabulary.size());
        }
    }

    private Map<String, Object> json(
            Map<String, Object> preTokenizer, Map<String, Object> decoder, boolean byteFallback) {
        List<Object> added = new ArrayList<>();
        for (String special : SPECIALS) {
            added.add(Map.of(
                    "id", vocabulary.size() + added.size(),
                    "content", special,
                    "single_word", false,
                    "lstrip", false,
                    "rstrip", false,
                    "normalized", false,
                    "special", true));
        }
        Map<String, Object> model = new LinkedHashMap<>();
        model.put("type", "BPE");
        model.put("byte_fallback", byteFallback);
        model.put("vocab", vocabulary);
        model.put("merges", merges);
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("version", "1.0");
        json.put("added_tokens", added);
        json.put("normalizer", null);
        json.put("pre_tokenizer", preTokenizer);
        json.put("post_processor", null);
        json.put("decoder", decoder);
        json.put("model", model);
        return json;
    }

    private Path write(Path folder, Map<String, Object> json) throws IOException {
        JsonMapper mapper = new JsonMapper();
        Files.write(folder.resolve("tokenizer.json"), mapper.writeValueAsBytes(json));
        Files.write(
                folder.resolve("tokenizer_config.json"),
                mapper.writeValueAsBytes(Map.of(
                        "tokenizer_class", "TinyTokenizer",
                        "bos_token", Map.of("content", "<|begin|>"),
                        "eos_token", "<|end|>")));
        return folder;
    }
}
