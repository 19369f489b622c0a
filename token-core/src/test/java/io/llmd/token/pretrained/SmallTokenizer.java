package io.llmd.token.pretrained;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** A small tokenizer of bytes with a few merges, and whatever added tokens and parts a test wants. */
final class SmallTokenizer implements AutoCloseable {

    private static final JsonMapper JSON = new JsonMapper();
    private static final List<List<String>> MERGES = List.of(
            List.of("a", "b"),
            List.of("Ġ", "a"),
            List.of("Ċ", "Ċ"),
            List.of("|", ">"),
            List.of("<", "|"),
            List.of("a", "a"));

    private final Path file;
    private final ObjectNode json;
    private final NativeTokenizer tokenizer;

    /** An added token with flags, such as {@code special} or {@code rstrip}; the others are false. */
    record Added(String text, String... flags) {}

    SmallTokenizer(Map<String, Object> preTokenizer, Added... tokens) {
        Map<String, Integer> vocabulary = new LinkedHashMap<>();
        for (int b = 0; b < 256; b++) {
            vocabulary.put(byteName(b), b);
        }
        MERGES.forEach(merge -> vocabulary.put(String.join("", merge), vocabulary.size()));
        vocabulary.put("▁", vocabulary.size());
        List<Map<String, Object>> added = new ArrayList<>();
        for (Added token : tokens) {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("id", vocabulary.size() + added.size());
            entry.put("content", token.text());
            for (String flag : List.of("single_word", "lstrip", "rstrip", "normalized", "special")) {
                entry.put(flag, List.of(token.flags()).contains(flag));
            }
            added.add(entry);
        }
        Map<String, Object> model = new LinkedHashMap<>();
        model.put("type", "BPE");
        model.put("byte_fallback", false);
        model.put("vocab", vocabulary);
        model.put("merges", MERGES);
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("version", "1.0");
        all.put("added_tokens", added);
        all.put("normalizer", Map.of("type", "NFC"));
        all.put("pre_tokenizer", preTokenizer);
        all.put("model", model);
        try {
            file = Files.createTempFile("tokenizer", ".json");
            Files.write(file, JSON.writeValueAsBytes(all));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        json = (ObjectNode) JSON.readTree(file.toFile());
        tokenizer = new NativeTokenizer(file);
    }

    static Map<String, Object> byteLevel() {
        return Map.of("type", "ByteLevel", "add_prefix_space", false, "trim_offsets", true, "use_regex", true);
    }

    /** Puts a mark where a text begins, and not where it goes on. */
    static Map<String, Object> marksTheStart() {
        return Map.of("type", "Metaspace", "replacement", "▁", "prepend_scheme", "first", "split", false);
    }

    /** GPT-2's name of a byte. */
    private static String byteName(int b) {
        boolean isPrintable = b >= 33 && b <= 126 || b >= 161 && b <= 172 || b >= 174;
        if (isPrintable) {
            return String.valueOf((char) b);
        }
        int n = b <= 32 ? b : b == 173 ? 67 : b - 127 + 33;
        return String.valueOf((char) (256 + n));
    }

    SafeCuts promised() {
        return SafeCuts.of(json);
    }

    SafeCuts cuts() {
        return promised().verified(tokenizer::encode);
    }

    int[] encode(String text) {
        return tokenizer.encode(text);
    }

    @Override
    public void close() throws IOException {
        tokenizer.close();
        Files.delete(file);
    }
}
