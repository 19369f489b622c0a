package io.llmd.openai;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.util.JsonRecyclerPools;

/**
 * The members of one JSON object by their places in its bytes, so that values can be taken out and put in without being
 * written anew. Immutable; one pass over the bytes to make it.
 */
public final class JsonMembers {

    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(128)
                    .maxStringLength(Integer.MAX_VALUE)
                    .build())
            .recyclerPool(JsonRecyclerPools.threadLocalPool())
            .build();

    /** What a value is. */
    public enum Kind {
        OBJECT,
        ARRAY,
        STRING,
        NULL,
        /** Number or boolean. */
        SCALAR
    }

    /**
     * One member.
     *
     * @param name its name without escapes
     * @param nameStart first byte of the name, its quote
     * @param valueStart first byte of the value
     * @param valueEnd byte behind the value
     * @param kind what the value is
     */
    public record Member(String name, int nameStart, int valueStart, int valueEnd, Kind kind) {}

    private final byte[] buffer;
    private final int start;
    private final int end;
    private final List<Member> members;

    private JsonMembers(byte[] buffer, int start, int end, List<Member> members) {
        this.buffer = buffer;
        this.start = start;
        this.end = end;
        this.members = List.copyOf(members);
    }

    /** The members of an object that is all of an array; {@code null} when it is no JSON object. */
    public static @Nullable JsonMembers read(byte[] buffer) {
        return read(buffer, 0, buffer.length);
    }

    /**
     * The members of the object at {@code [start, end)}; {@code null} when it is no JSON object and nothing else.
     *
     * @param buffer not copied; must not change while this is in use
     */
    public static @Nullable JsonMembers read(byte[] buffer, int start, int end) {
        Objects.checkFromToIndex(start, end, buffer.length);
        List<Member> members = new ArrayList<>();
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), buffer, start, end - start)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return null;
            }
            for (String name = parser.nextName(); name != null; name = parser.nextName()) {
                int nameStart = start + (int) parser.currentTokenLocation().getByteOffset();
                JsonToken token = parser.nextToken();
                int valueStart = start + (int) parser.currentTokenLocation().getByteOffset();
                parser.skipChildren();
                int valueEnd = endOf(parser, token, buffer, start, valueStart, end);
                members.add(new Member(name, nameStart, valueStart, valueEnd, kindOf(token)));
            }
            return parser.nextToken() == null ? new JsonMembers(buffer, start, end, members) : null;
        } catch (JacksonException e) {
            return null;
        }
    }

    static int endOf(JsonParser parser, JsonToken token, byte[] buffer, int start, int valueStart, int end) {
        return switch (token) {
            case VALUE_STRING -> JsonBytes.stringEnd(buffer, valueStart, end);
            case START_OBJECT, START_ARRAY ->
                start + (int) parser.currentLocation().getByteOffset();
            default -> JsonBytes.scalarEnd(buffer, valueStart, end);
        };
    }

    private static Kind kindOf(JsonToken token) {
        return switch (token) {
            case START_OBJECT -> Kind.OBJECT;
            case START_ARRAY -> Kind.ARRAY;
            case VALUE_STRING -> Kind.STRING;
            case VALUE_NULL -> Kind.NULL;
            default -> Kind.SCALAR;
        };
    }

    /** All members in their order. */
    public List<Member> all() {
        return members;
    }

    /** The last member of a name, which is the one that counts; {@code null} when there is none. */
    public @Nullable Member find(String name) {
        for (int i = members.size() - 1; i >= 0; i--) {
            if (members.get(i).name().equals(name)) {
                return members.get(i);
            }
        }
        return null;
    }

    /** The members of the object that a member holds; {@code null} when there is none or it holds something else. */
    public @Nullable JsonMembers object(String name) {
        Member member = find(name);
        return member == null || member.kind() != Kind.OBJECT
                ? null
                : read(buffer, member.valueStart(), member.valueEnd());
    }

    /** The members of the first object in the array that a member holds; {@code null} when there is none. */
    public @Nullable JsonMembers firstObject(String name) {
        Member member = find(name);
        if (member == null || member.kind() != Kind.ARRAY) {
            return null;
        }
        int length = member.valueEnd() - member.valueStart();
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), buffer, member.valueStart(), length)) {
            parser.nextToken();
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return null;
            }
            int from = member.valueStart() + (int) parser.currentTokenLocation().getByteOffset();
            parser.skipChildren();
            return read(
                    buffer,
                    from,
                    member.valueStart() + (int) parser.currentLocation().getByteOffset());
        }
    }

    /**
     * The bytes of each element of the array that a member holds; {@code null} when there is none, it holds something else, or
     * has more elements.
     *
     * @param most how many elements are wanted at most
     */
    public @Nullable List<byte[]> elements(String name, int most) {
        Member member = find(name);
        if (member == null || member.kind() != Kind.ARRAY) {
            return null;
        }
        int from = member.valueStart();
        List<byte[]> elements = new ArrayList<>();
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), buffer, from, member.valueEnd() - from)) {
            parser.nextToken();
            for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
                if (elements.size() == most) {
                    return null;
                }
                int start = from + (int) parser.currentTokenLocation().getByteOffset();
                parser.skipChildren();
                int until = endOf(parser, token, buffer, from, start, member.valueEnd());
                elements.add(java.util.Arrays.copyOfRange(buffer, start, until));
            }
            return elements;
        }
    }

    /** The bytes of a member's value as they are; {@code null} when there is none. */
    public byte @Nullable [] bytes(String name) {
        Member member = find(name);
        return member == null ? null : java.util.Arrays.copyOfRange(buffer, member.valueStart(), member.valueEnd());
    }

    /** The text of a member that holds a string; {@code null} when there is none or it holds something else. */
    public @Nullable String text(String name) {
        Member member = find(name);
        if (member == null || member.kind() != Kind.STRING) {
            return null;
        }
        try (JsonParser parser = JSON.createParser(
                ObjectReadContext.empty(), buffer, member.valueStart(), member.valueEnd() - member.valueStart())) {
            parser.nextToken();
            return parser.getString();
        }
    }

    /** The value of a member that holds an integer of at most nine digits; {@code otherwise} in all other cases. */
    public int number(String name, int otherwise) {
        Member member = find(name);
        if (member == null || member.kind() != Kind.SCALAR || member.valueEnd() - member.valueStart() > 9) {
            return otherwise;
        }
        int value = 0;
        for (int i = member.valueStart(); i < member.valueEnd(); i++) {
            int digit = buffer[i] - '0';
            if (digit < 0 || digit > 9) {
                return otherwise;
            }
            value = value * 10 + digit;
        }
        return value;
    }

    /** Bytes of the object. */
    public int length() {
        return end - start;
    }

    byte[] buffer() {
        return buffer;
    }

    int start() {
        return start;
    }

    int end() {
        return end;
    }
}
