package io.llmd.scheduler.parser;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import net.openhft.hashing.LongHashFunction;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Puts a run of equal placeholder tokens into the prompt for each image, video or recording. The token is made of a hash
 * of the content or its address, so that different media give different prefixes. Only the head of an inline image is
 * looked at, for its size; a recording counts as one token per four bytes. Used by one thread.
 */
final class MediaPlaceholders {

    /** All media of a request together take no more, so that a small body cannot make a large prompt. */
    static final int MAX_TOKENS = 1 << 20;

    private static final int BASE64_CHARACTERS_PER_TOKEN = 6;
    private static final LongHashFunction XXH64 = LongHashFunction.xx();

    private final TokenBuffer scratch = new TokenBuffer(64);
    private long[] hashes = {};
    private final MediaSizes sizes;
    private int count;
    private int placed;

    MediaPlaceholders(MediaSizes sizes) {
        this.sizes = sizes;
    }

    /** Reads the value of {@code image_url}: an address, or an object with one. */
    void image(JsonParser parser, TokenBuffer target) {
        readAddress(parser);
        place(target, sizes.image(ImageSize.of(scratch.bytes(), scratch.length())));
    }

    /** Reads the value of {@code video_url}. */
    void video(JsonParser parser, TokenBuffer target) {
        readAddress(parser);
        place(target, sizes.video());
    }

    /** Reads the value of {@code input_audio} or {@code audio_url}. */
    void audio(JsonParser parser, TokenBuffer target) {
        readAddress(parser);
        place(target, Math.max(1, scratch.length() / BASE64_CHARACTERS_PER_TOKEN));
    }

    private void readAddress(JsonParser parser) {
        scratch.clear();
        if (parser.currentToken() == JsonToken.VALUE_STRING) {
            readText(parser);
        } else if (parser.currentToken() == JsonToken.START_OBJECT) {
            for (String name = parser.nextName(); name != null; name = parser.nextName()) {
                JsonToken value = parser.nextToken();
                if (value == JsonToken.VALUE_STRING && (name.equals("url") || name.equals("data"))) {
                    scratch.clear();
                    readText(parser);
                } else {
                    parser.skipChildren();
                }
            }
        } else {
            parser.skipChildren();
        }
    }

    private void readText(JsonParser parser) {
        parser.getString(scratch);
        scratch.endText();
    }

    private void place(TokenBuffer target, int tokens) {
        if (scratch.length() == 0) {
            return;
        }
        long hash = XXH64.hashBytes(scratch.bytes(), 0, scratch.length());
        remember(hash);
        int token = (int) hash;
        target.align();
        int allowed = Math.min(tokens, MAX_TOKENS - placed);
        placed += allowed;
        for (int i = 0; i < allowed; i++) {
            target.appendToken(token);
        }
    }

    /** Remembers what an engine calls an image, a video or a recording. */
    void hash(String name) {
        remember(XXH64.hashBytes(name.getBytes(StandardCharsets.UTF_8)));
    }

    private void remember(long hash) {
        if (count == hashes.length) {
            hashes = Arrays.copyOf(hashes, Math.max(4, 2 * count));
        }
        hashes[count++] = hash;
    }

    /** Hashes of all media so far, each once, in ascending order. */
    long[] hashes() {
        Arrays.sort(hashes, 0, count);
        int distinct = 0;
        for (int i = 0; i < count; i++) {
            if (distinct == 0 || hashes[i] != hashes[distinct - 1]) {
                hashes[distinct++] = hashes[i];
            }
        }
        count = distinct;
        return Arrays.copyOf(hashes, distinct);
    }
}
