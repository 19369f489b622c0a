package io.llmd.token.pretrained;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Where a text can be cut so that its pieces have, one after the other, the tokens of the whole: behind special tokens.
 * Thread-safe.
 */
public final class SafeCuts {
    /*
     * A tokenizer looks for added tokens that are not normalized in the text as it is, the leftmost first and of several the
     * longest, and does all else, from normalization to merges, between them. So the text behind such a token has the same
     * tokens by itself, provided that
     *
     * - the same tokens are found: all of them are looked for here, in the same way, and none asks what stands before it
     *   (single_word);
     * - the token takes no white space around it with it (lstrip, rstrip);
     * - nothing depends on the start of the text, as prepend_scheme "first" of Metaspace does. That is not read from the
     *   file, there are too many ways to say it; verified() tries it out.
     *
     * Cuts elsewhere are never safe: merges of byte-pair encodings cross them.
     */

    /** A token that is found in the text as it is; a cut is safe behind it if it is hard. */
    private record Added(String text, boolean isHard) {}

    /** Tokens that are tried out; models have up to thousands that no chat contains. */
    private static final int MAX_HARD = 512;

    private static final List<List<String>> PROBES = List.of(
            List.of("", "Hello there"),
            List.of("Hello", " there"),
            List.of("a ", "b"),
            List.of("one\n", "\n two"),
            List.of("caf\u00e9", "e\u0301t\u00e9"));

    private final Map<Character, Added[]> byFirst;
    private final BitSet firsts = new BitSet();

    private SafeCuts(List<Added> tokens) {
        Map<Character, List<Added>> grouped = new HashMap<>();
        for (Added token : tokens) {
            grouped.computeIfAbsent(token.text().charAt(0), first -> new ArrayList<>())
                    .add(token);
            firsts.set(token.text().charAt(0));
        }
        byFirst = new HashMap<>();
        grouped.forEach((first, group) -> {
            group.sort(Comparator.comparingInt((Added token) -> token.text().length())
                    .reversed());
            byFirst.put(first, group.toArray(Added[]::new));
        });
    }

    /** The cuts that a {@code tokenizer.json} promises; none where it is not sure. */
    public static SafeCuts of(ObjectNode tokenizer) {
        List<Added> tokens = new ArrayList<>();
        int hard = 0;
        for (JsonNode token : tokenizer.path("added_tokens")) {
            String text = token.path("content").asString("");
            if (token.path("single_word").asBoolean(false)) {
                return new SafeCuts(List.of());
            }
            if (token.path("normalized").asBoolean(true) || text.isEmpty()) {
                continue;
            }
            boolean isHard = hard < MAX_HARD
                    && token.path("special").asBoolean(false)
                    && !token.path("lstrip").asBoolean(false)
                    && !token.path("rstrip").asBoolean(false)
                    && text.equals(text.strip());
            hard += isHard ? 1 : 0;
            tokens.add(new Added(text, isHard));
        }
        return new SafeCuts(tokens);
    }

    /** The cuts that hold when {@code encode}, which adds nothing to a text, is asked. */
    public SafeCuts verified(Function<String, int[]> encode) {
        Set<String> soft = new HashSet<>();
        List<Added> tokens = new ArrayList<>();
        byFirst.values().forEach(group -> tokens.addAll(Arrays.asList(group)));
        for (Added token : tokens) {
            for (List<String> probe : token.isHard() ? PROBES : List.<List<String>>of()) {
                String before = probe.getFirst() + token.text();
                String behind = probe.getLast();
                if (!Arrays.equals(encode.apply(before + behind), joined(encode.apply(before), encode.apply(behind)))) {
                    soft.add(token.text());
                }
            }
        }
        return new SafeCuts(tokens.stream()
                .map(token -> new Added(token.text(), token.isHard() && !soft.contains(token.text())))
                .toList());
    }

    private static int[] joined(int[] first, int[] second) {
        int[] all = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, all, first.length, second.length);
        return all;
    }

    /**
     * Cuts a text as often as possible.
     *
     * @return the pieces in order, none of them empty; the text itself where there is no safe cut
     */
    public List<String> pieces(String text) {
        List<String> pieces = new ArrayList<>();
        int start = 0;
        int position = 0;
        while (position < text.length()) {
            Added found = firsts.get(text.charAt(position)) ? at(text, position) : null;
            if (found == null) {
                position++;
                continue;
            }
            position += found.text().length();
            if (found.isHard()) {
                pieces.add(text.substring(start, position));
                start = position;
            }
        }
        if (start < text.length()) {
            pieces.add(text.substring(start));
        }
        return pieces;
    }

    private @Nullable Added at(String text, int position) {
        Added[] group = byFirst.get(text.charAt(position));
        if (group != null) {
            for (Added token : group) {
                if (text.startsWith(token.text(), position)) {
                    return token;
                }
            }
        }
        return null;
    }
}
