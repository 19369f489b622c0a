package io.llmd.openai;

import io.llmd.contracts.error.ErrorCode;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonParser.NumberType;
import tools.jackson.core.JsonToken;

/**
 * The place in a body at which a reader is, with the checks that all fields share. Each check looks at the current token
 * and throws a {@link Refusal} that names {@code param}.
 */
final class JsonCursor {

    private final JsonParser parser;
    private final byte[] buffer;
    private final int offset;
    private final int end;

    JsonCursor(JsonParser parser, byte[] buffer, int offset, int length) {
        this.parser = parser;
        this.buffer = buffer;
        this.offset = offset;
        this.end = offset + length;
    }

    JsonToken next() {
        return parser.nextToken();
    }

    /** Moves to the next member of the current object; {@code null} at its end. */
    @Nullable
    String nextName() {
        return parser.nextName();
    }

    boolean is(JsonToken token) {
        return parser.currentToken() == token;
    }

    boolean isNull() {
        return is(JsonToken.VALUE_NULL);
    }

    /** Moves to the last token of the current value. */
    void skip() {
        parser.skipChildren();
    }

    String string() {
        return parser.getString();
    }

    /** Characters of the current string or name. */
    int stringLength() {
        return parser.getStringLength();
    }

    /** Whether the current value is a member of that name. */
    boolean isNamed(String name) {
        return name.equals(parser.currentName());
    }

    /** First byte of the current value, from the start of the body. */
    int valueStart() {
        return (int) parser.currentTokenLocation().getByteOffset();
    }

    /** Moves to the last token of the current value and returns the byte behind it. */
    int skipToEnd(int valueStart) {
        return switch (parser.currentToken()) {
            case VALUE_STRING -> stringEnd(valueStart);
            case START_OBJECT, START_ARRAY -> {
                parser.skipChildren();
                yield position();
            }
            default -> JsonBytes.scalarEnd(buffer, offset + valueStart, end) - offset;
        };
    }

    /** The byte behind the current closing bracket. */
    int position() {
        return (int) parser.currentLocation().getByteOffset();
    }

    int stringEnd(int valueStart) {
        return JsonBytes.stringEnd(buffer, offset + valueStart, end) - offset;
    }

    byte byteAt(int position) {
        return buffer[offset + position];
    }

    int length() {
        return end - offset;
    }

    /** The characters of the current string, one at a time, without building it. */
    StringBytes stringBytes() {
        int start = valueStart();
        return new StringBytes(buffer, offset + start + 1, offset + stringEnd(start) - 1);
    }

    void expect(JsonToken token, String param, String expectation) {
        if (!is(token)) {
            throw invalid(param, expectation);
        }
    }

    boolean readBoolean(String param) {
        if (is(JsonToken.VALUE_TRUE)) {
            return true;
        }
        expect(JsonToken.VALUE_FALSE, param, "a boolean");
        return false;
    }

    int readInt(String param, int lowest, int highest) {
        if (is(JsonToken.VALUE_NUMBER_INT) && parser.getNumberType() == NumberType.INT) {
            int value = parser.getIntValue();
            if (value >= lowest && value <= highest) {
                return value;
            }
        }
        throw invalid(
                param,
                highest == Integer.MAX_VALUE
                        ? "an integer of at least " + lowest
                        : "an integer from " + lowest + " to " + highest);
    }

    /** A number in {@code [lowest, highest]}. */
    double readNumber(String param, double lowest, double highest, String expectation) {
        if (is(JsonToken.VALUE_NUMBER_INT) || is(JsonToken.VALUE_NUMBER_FLOAT)) {
            double value = parser.getDoubleValue();
            if (value >= lowest && value <= highest) {
                return value;
            }
        }
        throw invalid(param, expectation);
    }

    /** Whether the current token is a token id: an integer in {@code [0, 2^32)}. */
    boolean isTokenId() {
        if (!is(JsonToken.VALUE_NUMBER_INT) || parser.getNumberType() == NumberType.BIG_INTEGER) {
            return false;
        }
        long value = parser.getLongValue();
        return value >= 0 && value <= 0xffff_ffffL;
    }

    /** A string of at most so many bytes in UTF-8. */
    String readName(String param, int maxBytes) {
        expect(JsonToken.VALUE_STRING, param, "a string");
        if (parser.getStringLength() > maxBytes) {
            throw tooLong(param, maxBytes, "bytes");
        }
        String value = parser.getString();
        if (value.getBytes(StandardCharsets.UTF_8).length > maxBytes) {
            throw tooLong(param, maxBytes, "bytes");
        }
        return value;
    }

    /** Checks that the current token is a string of at most so many characters. */
    void checkString(String param, int maxCharacters) {
        expect(JsonToken.VALUE_STRING, param, "a string");
        if (parser.getStringLength() > maxCharacters) {
            throw tooLong(param, maxCharacters, "characters");
        }
    }

    Refusal invalid(String param, String expectation) {
        return new Refusal(
                ErrorCode.INVALID_VALUE, param + ": " + describe() + " (expected: " + expectation + ")", param);
    }

    static Refusal tooLong(String param, int max, String unit) {
        return new Refusal(
                ErrorCode.INVALID_VALUE, param + ": too long (expected: at most " + max + " " + unit + ")", param);
    }

    static Refusal tooMany(String param, int max, String things) {
        return new Refusal(
                ErrorCode.INVALID_VALUE, param + ": too many (expected: at most " + max + " " + things + ")", param);
    }

    static Refusal missing(String param) {
        return new Refusal(ErrorCode.MISSING_REQUIRED_PARAMETER, param + ": missing (expected: a value)", param);
    }

    static Refusal unsupported(String param, String reason) {
        return new Refusal(ErrorCode.UNSUPPORTED_VALUE, param + ": not supported (" + reason + ")", param);
    }

    static Refusal duplicate(String param) {
        return new Refusal(ErrorCode.DUPLICATE_FIELD, param + ": given twice (expected: once)", param);
    }

    /** The current value in a word; text is not repeated, for it may be a prompt. */
    private String describe() {
        return switch (parser.currentToken()) {
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> ApiError.echo(parser.getString());
            case VALUE_TRUE -> "true";
            case VALUE_FALSE -> "false";
            case VALUE_NULL -> "null";
            case VALUE_STRING -> parser.getStringLength() == 0 ? "an empty string" : "a string";
            case START_ARRAY -> "an array";
            case START_OBJECT -> "an object";
            default -> "nothing";
        };
    }
}
