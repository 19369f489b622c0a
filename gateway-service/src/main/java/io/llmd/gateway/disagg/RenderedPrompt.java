package io.llmd.gateway.disagg;

import io.llmd.openai.JsonEditor;
import io.llmd.openai.JsonMembers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A prompt as token ids, with the places of media among them. Ids are kept as the JSON that they came as, for nobody here
 * computes with them. Immutable.
 *
 * @param source the object that it was read from: a request of vLLM's token-in API
 * @param tokenIds array of token ids
 * @param tokens how many there are
 * @param items media by kind, each kind in the order of the prompt
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record RenderedPrompt(JsonMembers source, byte[] tokenIds, int tokens, List<Item> items) {

    static final String TOKEN_IDS = "token_ids";

    private static final String FEATURES = "features";
    private static final String HASHES = "mm_hashes";
    private static final String PLACES = "mm_placeholders";
    private static final String TENSORS = "kwargs_data";
    private static final int MAX_ITEMS = 4_096;

    /**
     * One medium.
     *
     * @param kind {@code image}, {@code video} or {@code audio}
     * @param hash of its content
     * @param offset of its first placeholder among the tokens
     * @param length placeholders
     * @param tensor what an encoder works on, as JSON; {@code null} when it was not sent
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Item(String kind, String hash, int offset, int length, byte @Nullable [] tensor) {}

    RenderedPrompt {
        items = List.copyOf(items);
    }

    /** Reads an answer of a render endpoint, or a generate request; {@code null} when it makes no sense. */
    static @Nullable RenderedPrompt of(JsonMembers source) {
        byte[] ids = source.bytes(TOKEN_IDS);
        int tokens = ids == null ? -1 : count(ids);
        if (ids == null || tokens < 1) {
            return null;
        }
        List<Item> items = new ArrayList<>();
        JsonMembers features = source.object(FEATURES);
        return features != null && !read(features, tokens, items)
                ? null
                : new RenderedPrompt(source, ids, tokens, items);
    }

    /** Number of ids in an array of non-negative integers; -1 when it is something else. */
    static int count(byte[] json) {
        int count = 0;
        boolean inNumber = false;
        boolean afterComma = false;
        int last = json.length - 1;
        if (last < 1 || json[0] != '[' || json[last] != ']') {
            return -1;
        }
        for (int i = 1; i < last; i++) {
            byte c = json[i];
            if (c >= '0' && c <= '9') {
                if (!inNumber && count > 0 && !afterComma) {
                    return -1;
                }
                count += inNumber ? 0 : 1;
                inNumber = true;
                afterComma = false;
            } else if (c == ',') {
                if (afterComma || count == 0) {
                    return -1;
                }
                inNumber = false;
                afterComma = true;
            } else if (c == ' ' || c == '\n' || c == '\r' || c == '\t') {
                inNumber = false;
            } else {
                return -1;
            }
        }
        return afterComma ? -1 : count;
    }

    private static boolean read(JsonMembers features, int tokens, List<Item> items) {
        JsonMembers hashes = features.object(HASHES);
        JsonMembers places = features.object(PLACES);
        if (hashes == null || places == null) {
            return hashes == null && places == null;
        }
        JsonMembers tensors = features.object(TENSORS);
        for (JsonMembers.Member kind : hashes.all()) {
            String name = kind.name();
            List<byte[]> of = hashes.elements(name, MAX_ITEMS);
            List<byte[]> at = places.elements(name, MAX_ITEMS);
            List<byte[]> data = tensors == null ? null : tensors.elements(name, MAX_ITEMS);
            if (of == null || at == null || of.size() != at.size() || data != null && data.size() != of.size()) {
                return false;
            }
            for (int i = 0; i < of.size(); i++) {
                Item item = item(name, of.get(i), at.get(i), data == null ? null : data.get(i));
                if (item == null || item.offset() + (long) item.length() > tokens) {
                    return false;
                }
                items.add(item);
            }
        }
        return true;
    }

    private static @Nullable Item item(String kind, byte[] hash, byte[] place, byte @Nullable [] tensor) {
        JsonMembers span = JsonMembers.read(place);
        String text = new String(hash, StandardCharsets.UTF_8);
        boolean isText = text.length() > 2 && text.startsWith("\"") && text.indexOf('\\') < 0;
        int offset = span == null ? -1 : span.number("offset", -1);
        int length = span == null ? -1 : span.number("length", -1);
        boolean isNull = tensor != null && new String(tensor, StandardCharsets.US_ASCII).equals("null");
        return !isText || offset < 0 || length < 1
                ? null
                : new Item(kind, text.substring(1, text.length() - 1), offset, length, isNull ? null : tensor);
    }

    /** The media of a kind. */
    List<Item> items(String kind) {
        return items.stream().filter(item -> item.kind().equals(kind)).toList();
    }

    /** Tokens that stand for media. */
    long placeholders() {
        return items.stream().mapToLong(Item::length).sum();
    }

    /** The member of a chat's body that tells a scheduler the prompt. */
    byte[] asTokens() {
        return ("{\"token_ids\":" + new String(tokenIds, StandardCharsets.US_ASCII) + featuresOf(items) + "}")
                .getBytes(StandardCharsets.UTF_8);
    }

    private static String featuresOf(List<Item> items) {
        if (items.isEmpty()) {
            return "";
        }
        return ",\"features\":{\"mm_hashes\":" + lists(items, item -> JsonEditor.quoted(item.hash()))
                + ",\"mm_placeholders\":" + lists(items, RenderedPrompt::place) + "}";
    }

    private static String place(Item item) {
        return "{\"offset\":" + item.offset() + ",\"length\":" + item.length() + "}";
    }

    private interface Text {
        String of(Item item);
    }

    private static String lists(List<Item> items, Text text) {
        Map<String, StringBuilder> byKind = new LinkedHashMap<>();
        for (Item item : items) {
            StringBuilder list = byKind.computeIfAbsent(item.kind(), kind -> new StringBuilder());
            list.append(list.isEmpty() ? "" : ",").append(text.of(item));
        }
        StringBuilder json = new StringBuilder("{");
        byKind.forEach((kind, list) -> json.append(json.length() == 1 ? "" : ",")
                .append(JsonEditor.quoted(kind))
                .append(":[")
                .append(list)
                .append(']'));
        return json.append('}').toString();
    }

    /** A prompt of the first token and the placeholders of one medium, as the member of a chat's body. */
    byte[] tokensOf(Item item) {
        return ("{" + promptOf(item, false) + "}").getBytes(StandardCharsets.UTF_8);
    }

    /** The same as a request of the token-in API for one token, with what an encoder works on. */
    byte[] requestOf(Item item, byte[] model) {
        return ("{\"model\":" + new String(model, StandardCharsets.UTF_8) + "," + promptOf(item, true)
                        + ",\"stream\":false,\"sampling_params\":{\"max_tokens\":1}}")
                .getBytes(StandardCharsets.UTF_8);
    }

    private String promptOf(Item item, boolean withTensor) {
        String placeholder = tokenAt(item.offset());
        String ids = tokenAt(0) + ("," + placeholder).repeat(item.length());
        Item moved = new Item(item.kind(), item.hash(), 1, item.length(), null);
        String features = featuresOf(List.of(moved));
        byte[] tensor = item.tensor();
        if (withTensor) {
            String data = tensor == null ? "null" : new String(tensor, StandardCharsets.UTF_8);
            features = features.substring(0, features.length() - 1) + ",\"kwargs_data\":{"
                    + JsonEditor.quoted(item.kind()) + ":[" + data + "]}}";
        }
        return "\"token_ids\":[" + ids + "]" + features;
    }

    private String tokenAt(int index) {
        int at = 1;
        for (int skipped = 0; skipped < index; at++) {
            skipped += tokenIds[at] == ',' ? 1 : 0;
        }
        int end = at;
        while (tokenIds[end] != ',' && tokenIds[end] != ']') {
            end++;
        }
        return new String(tokenIds, at, end - at, StandardCharsets.US_ASCII).strip();
    }
}
