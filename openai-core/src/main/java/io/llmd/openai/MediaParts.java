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
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/**
 * Images, videos and sounds in the messages of a chat, in their order and each once, however often the chat shows it. One
 * pass over the messages.
 */
public final class MediaParts {

    /** Bounds no less than those that bodies are checked against. */
    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(Integer.MAX_VALUE)
                    .build())
            .build();

    private static final Set<String> KINDS = Set.of("image_url", "video_url", "audio_url", "input_audio");

    private static final String SOUND = "input_audio";

    /** Where a medium is. */
    public enum Place {
        /** In the part itself. */
        INLINE,
        /** Where {@link Part#address()} says. */
        ADDRESS,
        /** Cannot be told for certain: another reader may find another medium in the part, or an address. */
        UNCLEAR
    }

    /**
     * One part of a message's content.
     *
     * @param buffer holds the part at {@code [start, end)}, not copied and not changed
     * @param kind member that holds the medium: {@code image_url}, {@code video_url}, {@code audio_url} or {@code input_audio}
     * @param valueStart first byte of the address or the data, its quote
     * @param valueEnd byte behind it
     * @param isUnique whether the part holds one medium, named once
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared; a copy of each medium is what this type avoids
    public record Part(byte[] buffer, int start, int end, String kind, int valueStart, int valueEnd, boolean isUnique) {

        private static final int MAX_ADDRESS = 16 << 10;
        private static final String DATA = "data:";

        /** Where the medium is, as far as that can be told. */
        public Place place() {
            if (!isUnique) {
                return Place.UNCLEAR;
            }
            if (kind.equals(SOUND)) {
                return Place.INLINE;
            }
            if (buffer[valueStart] != '"') {
                return Place.UNCLEAR;
            }
            if (isData(new StringBytes(buffer, valueStart + 1, valueEnd - 1))) {
                return Place.INLINE;
            }
            return valueEnd - valueStart > MAX_ADDRESS ? Place.UNCLEAR : Place.ADDRESS;
        }

        private static boolean isData(StringBytes text) {
            for (int i = 0; i < DATA.length(); i++) {
                if (Character.toLowerCase(text.next()) != DATA.charAt(i)) {
                    return false;
                }
            }
            return true;
        }

        /** Where the medium is to be had; {@code null} unless it is at an {@link Place#ADDRESS}. */
        public @Nullable String address() {
            if (place() != Place.ADDRESS) {
                return null;
            }
            int length = valueEnd - valueStart;
            try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), buffer, valueStart, length)) {
                parser.nextToken();
                return parser.getString();
            }
        }

        /** The part's JSON in an array of its own. */
        public byte[] toBytes() {
            return Arrays.copyOfRange(buffer, start, end);
        }
    }

    /**
     * What makes two parts the same: the bytes of the address or of the sound.
     *
     * @param isUnique whether nothing else could be meant
     */
    private record Content(int start, int end, boolean isUnique) {

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
     * @throws IllegalArgumentException when the messages are no JSON, or beyond the bounds of a checked request
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
            throw new IllegalArgumentException(
                    "messages that cannot be read (expected: those of a checked request)", e);
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
                boolean isFirst = content == null;
                Content read = contentOf(parser, token, name.equals(SOUND) ? "data" : "url");
                kind = name;
                content = isFirst ? read : new Content(read.start(), read.end(), false);
            } else {
                parser.skipChildren();
            }
        }
        if (content != null && parts.size() < most && (!eachOnce || isNew(content))) {
            int partEnd = start + (int) parser.currentLocation().getByteOffset();
            parts.add(new Part(buffer, partStart, partEnd, kind, content.start(), content.end(), content.isUnique()));
        }
    }

    /** The bytes of a member of the value; of the whole value where there is no such member. */
    private Content contentOf(JsonParser parser, JsonToken token, String member) {
        int valueStart = tokenStart(parser);
        if (token != JsonToken.START_OBJECT) {
            parser.skipChildren();
            return new Content(valueStart, JsonMembers.endOf(parser, token, buffer, start, valueStart, end), true);
        }
        Content inner = null;
        for (String name = parser.nextName(); name != null; name = parser.nextName()) {
            JsonToken value = parser.nextToken();
            int innerStart = tokenStart(parser);
            parser.skipChildren();
            if (name.equals(member)) {
                int innerEnd = JsonMembers.endOf(parser, value, buffer, start, innerStart, end);
                inner = new Content(innerStart, innerEnd, inner == null);
            }
        }
        return inner == null
                ? new Content(valueStart, start + (int) parser.currentLocation().getByteOffset(), true)
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
