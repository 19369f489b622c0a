package io.llmd.kvindex.query;

import io.llmd.contracts.error.ErrorCode;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads queries: JSON as {@link io.llmd.contracts.prefix.PrefixMatchRequest} describes it, members in any order
 * and unknown ones left out, or bare tokens of 4 bytes or keys of 8, little-endian. Safe from any thread.
 */
final class QueryReader {

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int KEY_DIGITS = 16;
    private static final byte[] NULL = "null".getBytes(StandardCharsets.US_ASCII);

    private final JsonFactory json = new JsonFactory();

    /**
     * Fills a query from JSON that is in its body, whose tokens were looked for already.
     *
     * @param tokens looked through all of the body
     */
    void readJson(PrefixQuery query, TokenScanner tokens) throws QueryException {
        if (tokens.isDone()) {
            query.hasTokens = true;
            byte[] rest = withNull(query.body, query.bodyLength, tokens.listStart(), tokens.listEnd());
            parse(rest, rest.length, query);
        } else {
            parse(query.body, query.bodyLength, query);
        }
        check(query);
    }

    /** The body with {@code null} in place of a value. */
    private static byte[] withNull(byte[] body, int length, int from, int to) {
        byte[] rest = new byte[from + NULL.length + length - to];
        System.arraycopy(body, 0, rest, 0, from);
        System.arraycopy(NULL, 0, rest, from, NULL.length);
        System.arraycopy(body, to, rest, from + NULL.length, length - to);
        return rest;
    }

    private void parse(byte[] body, int length, PrefixQuery query) throws QueryException {
        try (JsonParser parser = json.createParser(ObjectReadContext.empty(), body, 0, length)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new QueryException(ErrorCode.INVALID_JSON, "the body is no JSON object");
            }
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String name = parser.currentName();
                member(name, parser.nextToken(), parser, query);
            }
            if (parser.nextToken() != null) {
                throw new QueryException(ErrorCode.INVALID_JSON, "the body goes on behind the JSON object");
            }
        } catch (JacksonException e) {
            throw new QueryException(ErrorCode.INVALID_JSON, "the body is no JSON: " + e.getOriginalMessage());
        }
    }

    private static void member(String name, @Nullable JsonToken value, JsonParser parser, PrefixQuery query)
            throws QueryException {
        switch (name) {
            case "model" -> query.model = text(name, value, parser);
            case "cacheSalt" -> query.salt = value == JsonToken.VALUE_NULL ? null : text(name, value, parser);
            case "tokens" -> query.hasTokens |= tokens(value, parser, query);
            case "keys" -> query.hasKeys |= keys(value, parser, query);
            case "candidates" -> candidates(value, parser, query);
            default -> parser.skipChildren();
        }
    }

    private static String text(String name, @Nullable JsonToken value, JsonParser parser) throws QueryException {
        if (value != JsonToken.VALUE_STRING) {
            throw invalid(name + ": " + kind(value) + " (expected: text)");
        }
        return parser.getString();
    }

    private static boolean tokens(@Nullable JsonToken value, JsonParser parser, PrefixQuery query)
            throws QueryException {
        if (!isArray("tokens", value)) {
            return false;
        }
        if (query.hasTokens) {
            throw invalid("tokens: twice (expected: once)");
        }
        for (JsonToken each = parser.nextToken(); each != JsonToken.END_ARRAY; each = parser.nextToken()) {
            if (each != JsonToken.VALUE_NUMBER_INT || parser.getNumberType() != JsonParser.NumberType.INT) {
                throw noToken(query.tokenCount);
            }
            int token = parser.getIntValue();
            if (token < 0) {
                throw noToken(query.tokenCount);
            }
            query.addToken(token);
        }
        return true;
    }

    private static QueryException noToken(int index) {
        return invalid("tokens[" + index + "]: no token id (expected: 0 to 2147483647)");
    }

    private static boolean keys(@Nullable JsonToken value, JsonParser parser, PrefixQuery query) throws QueryException {
        if (!isArray("keys", value)) {
            return false;
        }
        if (query.hasKeys) {
            throw invalid("keys: twice (expected: once)");
        }
        for (JsonToken each = parser.nextToken(); each != JsonToken.END_ARRAY; each = parser.nextToken()) {
            String text = each == JsonToken.VALUE_STRING ? parser.getString() : "";
            query.addKey(key(text, query.keyCount));
        }
        return true;
    }

    private static long key(String text, int index) throws QueryException {
        try {
            long key = text.length() == KEY_DIGITS && text.charAt(0) != '+' && text.charAt(0) != '-'
                    ? Long.parseUnsignedLong(text, 16)
                    : 0;
            if (key != 0) {
                return key;
            }
        } catch (NumberFormatException e) {
            throw noKey(index);
        }
        throw noKey(index);
    }

    private static QueryException noKey(int index) {
        return invalid("keys[" + index + "]: no key (expected: 16 hexadecimal digits, not 0)");
    }

    private static void candidates(@Nullable JsonToken value, JsonParser parser, PrefixQuery query)
            throws QueryException {
        if (!isArray("candidates", value)) {
            return;
        }
        for (JsonToken each = parser.nextToken(); each != JsonToken.END_ARRAY; each = parser.nextToken()) {
            query.candidates.add(text("candidates[]", each, parser));
        }
    }

    private static boolean isArray(String name, @Nullable JsonToken value) throws QueryException {
        if (value == JsonToken.VALUE_NULL) {
            return false;
        }
        if (value != JsonToken.START_ARRAY) {
            throw invalid(name + ": " + kind(value) + " (expected: a list)");
        }
        return true;
    }

    private static String kind(@Nullable JsonToken value) {
        return switch (value) {
            case START_OBJECT -> "an object";
            case START_ARRAY -> "a list";
            case VALUE_STRING -> "text";
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> "a number";
            case VALUE_TRUE, VALUE_FALSE -> "true or false";
            case null, default -> "nothing";
        };
    }

    /** Checks a query whose tokens were read already; the rest of it is told otherwise. */
    void readTokens(PrefixQuery query, TokenBytes tokens) throws QueryException {
        if (tokens.length() % Integer.BYTES != 0) {
            throw invalid("body: " + tokens.length() + " bytes (expected: 4 for each token)");
        }
        if (tokens.firstNegative() >= 0) {
            throw noToken(tokens.firstNegative());
        }
        query.hasTokens = true;
        check(query);
    }

    /** Fills a query with request keys of 8 bytes, little-endian, that are in its body; the rest of it is told otherwise. */
    void readKeys(PrefixQuery query) throws QueryException {
        if (query.bodyLength % Long.BYTES != 0) {
            throw invalid("body: " + query.bodyLength + " bytes (expected: 8 for each key)");
        }
        for (int at = 0; at < query.bodyLength; at += Long.BYTES) {
            long key = (long) LONG.get(query.body, at);
            if (key == 0) {
                throw noKey(query.keyCount);
            }
            query.addKey(key);
        }
        query.hasKeys = true;
        check(query);
    }

    private static void check(PrefixQuery query) throws QueryException {
        if (query.hasTokens && query.hasKeys) {
            throw invalid("tokens, keys: both (expected: one of them)");
        }
        if (!query.hasTokens && !query.hasKeys) {
            throw missing("tokens", "a list of token ids, or keys");
        }
        if (query.hasTokens && query.model.isEmpty()) {
            throw missing("model", "the name of a model");
        }
        if (query.hasKeys && query.salt != null) {
            throw invalid("cacheSalt: with keys (expected: only with tokens, for keys hold it already)");
        }
    }

    private static QueryException invalid(String message) {
        return new QueryException(ErrorCode.INVALID_VALUE, message);
    }

    private static QueryException missing(String name, String expected) {
        return new QueryException(
                ErrorCode.MISSING_REQUIRED_PARAMETER, name + ": missing (expected: " + expected + ")");
    }
}
