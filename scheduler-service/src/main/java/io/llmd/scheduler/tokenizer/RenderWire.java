package io.llmd.scheduler.tokenizer;

import io.llmd.scheduler.parser.MediaFeatures;
import io.llmd.scheduler.scheduling.MediaFeature;
import io.llmd.scheduler.scheduling.Prompt;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.json.JsonMapper;

/** What vLLM's render and tokenize routes read and write. Answers are read without a tree: prompts are long. */
final class RenderWire {

    private static final int MAX_DEPTH = 128;
    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxStringLength(Integer.MAX_VALUE)
                    .build())
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .build();
    private static final JsonMapper MAPPER = new JsonMapper();

    private RenderWire() {}

    /**
     * A request body for another model, whose answer need not contain media: everything else is as it was, byte for byte.
     *
     * @throws IllegalArgumentException when the body is not a JSON object
     */
    static byte[] forModel(byte[] body, String model) {
        String name = quoted(model);
        ByteArrayOutputStream out = new ByteArrayOutputStream(body.length + name.length() + 64);
        boolean hasModel = false;
        int copied;
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), body)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new IllegalArgumentException("the body is not a JSON object");
            }
            copied = (int) parser.currentLocation().getByteOffset();
            out.write(body, 0, copied);
            write(out, "\"return_mm_kwargs\":false,");
            for (String member = parser.nextName(); member != null; member = parser.nextName()) {
                JsonToken value = parser.nextToken();
                if (member.equals("model") && value == JsonToken.VALUE_STRING) {
                    int start = (int) parser.currentTokenLocation().getByteOffset();
                    parser.finishToken();
                    out.write(body, copied, start - copied);
                    write(out, name);
                    copied = (int) parser.currentLocation().getByteOffset();
                    hasModel = true;
                } else {
                    parser.skipChildren();
                }
            }
        }
        if (!hasModel) {
            throw new IllegalArgumentException("the body names no model");
        }
        out.write(body, copied, body.length - copied);
        return out.toByteArray();
    }

    private static void write(ByteArrayOutputStream out, String text) {
        out.writeBytes(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String quoted(String text) {
        return MAPPER.writeValueAsString(text);
    }

    /** A request for the tokens of one text. */
    static byte[] tokenizeText(String model, String text, boolean addSpecialTokens) {
        return MAPPER.writeValueAsBytes(MAPPER.createObjectNode()
                .put("model", model)
                .put("prompt", text)
                .put("add_special_tokens", addSpecialTokens));
    }

    /**
     * Prompts of an answer of a render route: an object, or a list of objects.
     *
     * @throws IllegalStateException when the answer is something else
     */
    static List<Prompt> rendered(byte[] answer) {
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), answer)) {
            if (parser.nextToken() != JsonToken.START_ARRAY) {
                return List.of(prompt(parser, "token_ids"));
            }
            List<Prompt> prompts = new ArrayList<>();
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                prompts.add(prompt(parser, "token_ids"));
            }
            return prompts;
        } catch (JacksonException e) {
            throw malformed();
        }
    }

    /** The prompt of an answer of the tokenize route. @throws IllegalStateException when the answer is something else */
    static Prompt tokenized(byte[] answer) {
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), answer)) {
            parser.nextToken();
            return prompt(parser, "tokens");
        } catch (JacksonException e) {
            throw malformed();
        }
    }

    private static Prompt prompt(JsonParser parser, String idsMember) {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            throw malformed();
        }
        int[] ids = null;
        MediaFeatures features = new MediaFeatures();
        for (String name = parser.nextName(); name != null; name = parser.nextName()) {
            parser.nextToken();
            if (name.equals(idsMember)) {
                ids = ids(parser);
            } else if (name.equals("features")) {
                features.read(parser);
            } else {
                parser.skipChildren();
            }
        }
        List<MediaFeature> media = ids == null ? null : features.among(ids.length);
        if (ids == null || media == null) {
            throw malformed();
        }
        return Prompt.exact(ids, media);
    }

    private static int @Nullable [] ids(JsonParser parser) {
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            parser.skipChildren();
            return null;
        }
        int[] ids = new int[256];
        int count = 0;
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            boolean isId = parser.currentToken() == JsonToken.VALUE_NUMBER_INT
                    && parser.getNumberType() == JsonParser.NumberType.INT
                    && parser.getIntValue() >= 0;
            if (!isId) {
                throw malformed();
            }
            if (count == ids.length) {
                ids = Arrays.copyOf(ids, 2 * count);
            }
            ids[count++] = parser.getIntValue();
        }
        return Arrays.copyOf(ids, count);
    }

    private static IllegalStateException malformed() {
        return new IllegalStateException("the engine's answer has no tokens (expected: token ids and places of media)");
    }
}
