package io.llmd.openai;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Images, videos and sounds in the messages of a chat, in their order and each once, however often the chat shows it. One
 * pass over the messages.
 */
public final class MediaParts {

    private static final JsonFactory JSON = JsonFactory.builder().build();
    private static final Set<String> KINDS = Set.of("image_url", "video_url", "audio_url", "input_audio");

    /**
     * One part of a message's content.
     *
     * @param buffer holds the part at {@code [start, end)}, not copied and not changed
     * @param kind member that holds the medium: {@code image_url}, {@code video_url}, {@code audio_url} or {@code input_audio}
     * @param valueStart first byte of the address or the data, its quote
     * @param valueEnd byte behind it
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared; a copy of each medium is what this type avoids
    public record Part(byte[] buffer, int start, int end, String kind, int valueStart, int valueEnd) {

        private static final int MAX_ADDRESS = 16 << 10;
        private static final byte[] DATA = {'"', 'd', 'a', 't', 'a', ':'};

        /** Where the medium is to be had; {@code null} when it is in the part itself, or the address is too long for one. */
        public @Nullable String address() {
            int length = valueEnd - valueStart;
            boolean isData = kind.equals("input_audio")
                    || length >= DATA.length
                            && Arrays.equals(buffer, valueStart, valueStart + DATA.length, DATA, 0, DATA.length);
            if (isData || length > MAX_ADDRESS || buffer[valueStart] != '"') {
                return null;
            }
            try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), buffer, valueStart, length)) {
                parser.nextToken();
                String text = parser.getString();
                return text.regionMatches(true, 0, "data:", 0, 5) ? null : text;
            }
        }

        /** The part's JSON in an array of its own. */
        public byte[] toBytes() {
            return Arrays.copyOfRange(buffer, start, end);
        }
    }

    /** What makes two parts the same: the bytes of the address or of the sound. */
    private record Content(int start, int end) {

        boolean isSame(Content other, byte[] buffer) {
            return Arrays.equals(buffer, start, end, buffer, other.start, other.end);
        }
    }

    private final byte[] buffer;
    private final int start;
    private final int end;
    private final int most;
    private final boolean eachOnce;
    private final List<Part> parts = new ArrayList<>();
    private final Map<Long, List<Content>> known = new HashMap<>();

    private MediaParts(byte[] buffer, int start, int end, int most, boolean eachOnce) {
        this.eachOnce = eachOnce;
        this.buffer = buffer;
        this.start = start;
        this.end = end;
        this.most = most;
    }

    /**
     * The media of a chat, each once.
     *
     * @param body of a request that was checked
     * @param most how many are wanted at most; further ones are left out
     */
    public static List<Part> of(JsonMembers body, int most) {
        return read(body, most, true);
    }

    /** The same with each medium as often as the chat shows it. */
    public static List<Part> all(JsonMembers body, int most) {
        return read(body, most, false);
    }

    private static List<Part> read(JsonMembers body, int most, boolean eachOnce) {
        JsonMembers.Member messages = body.find("messages");
        if (messages == null || messages.kind() != JsonMembers.Kind.ARRAY) {
            return List.of();
        }
        MediaParts media = new MediaParts(body.buffer(), messages.valueStart(), messages.valueEnd(), most, eachOnce);
        try (JsonParser parser =
                JSON.createParser(ObjectReadContext.empty(), media.buffer, media.start, media.end - media.start)) {
            media.readMessages(parser);
        } catch (JacksonException e) {
            return List.of();
        }
        return media.parts;
    }

    private void readMessages(JsonParser parser) {
        parser.nextToken();
        while (parser.nextToken() == JsonToken.START_OBJECT) {
            for (String name = parser.nextName(); name != null; name = parser.nextName()) {
                if (parser.nextToken() == JsonToken.START_ARRAY && name.equals("content")) {
                    readContent(parser);
                } else {
                    parser.skipChildren();
                }
            }
        }
    }

    private void readContent(JsonParser parser) {
        for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            if (token == JsonToken.START_OBJECT) {
                readPart(parser);
            } else {
                parser.skipChildren();
            }
        }
    }

    private void readPart(JsonParser parser) {
        int partStart = tokenStart(parser);
        Content content = null;
        String kind = "";
        for (String name = parser.nextName(); name != null; name = parser.nextName()) {
            JsonToken token = parser.nextToken();
            if (KINDS.contains(name) && token != JsonToken.VALUE_NULL) {
                kind = name;
                content = contentOf(parser, token);
            } else {
                parser.skipChildren();
            }
        }
        if (content != null && parts.size() < most && (!eachOnce || isNew(content))) {
            int partEnd = start + (int) parser.currentLocation().getByteOffset();
            parts.add(new Part(buffer, partStart, partEnd, kind, content.start(), content.end()));
        }
    }

    /** The bytes of {@code url} or {@code data}; of the whole value where there is neither. */
    private Content contentOf(JsonParser parser, JsonToken token) {
        int valueStart = tokenStart(parser);
        if (token != JsonToken.START_OBJECT) {
            parser.skipChildren();
            return new Content(valueStart, JsonMembers.endOf(parser, token, buffer, start, valueStart, end));
        }
        Content inner = null;
        for (String name = parser.nextName(); name != null; name = parser.nextName()) {
            JsonToken value = parser.nextToken();
            int innerStart = tokenStart(parser);
            parser.skipChildren();
            if (name.equals("url") || name.equals("data")) {
                inner = new Content(innerStart, JsonMembers.endOf(parser, value, buffer, start, innerStart, end));
            }
        }
        return inner == null
                ? new Content(valueStart, start + (int) parser.currentLocation().getByteOffset())
                : inner;
    }

    private int tokenStart(JsonParser parser) {
        return start + (int) parser.currentTokenLocation().getByteOffset();
    }

    private boolean isNew(Content content) {
        CRC32C sum = new CRC32C();
        sum.update(buffer, content.start(), content.end() - content.start());
        List<Content> alike = known.computeIfAbsent(sum.getValue(), key -> new ArrayList<>(1));
        if (alike.stream().anyMatch(other -> other.isSame(content, buffer))) {
            return false;
        }
        alike.add(content);
        return true;
    }
}
