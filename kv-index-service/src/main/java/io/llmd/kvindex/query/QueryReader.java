package io.llmd.kvindex.query;

import io.llmd.contracts.error.ErrorCode;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads queries as a stream: JSON as {@link io.llmd.contracts.prefix.PrefixMatchRequest} describes it, members in any order
 * and unknown ones left out, or bare tokens of 4 bytes or keys of 8, little-endian. Safe from any thread.
 */
final class QueryReader {

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int KEY_DIGITS = 16;
    private static final byte[] NULL = "null".getBytes(StandardCharsets.US_ASCII);

    private final JsonFactory json = new JsonFactory();

    /** Fills a query that has begun. */
    void readJson(byte[] body, PrefixQuery query) throws QueryException {
        int list = TokenScanner.find(body);
        int end = list < 0 ? -1 : TokenScanner.scan(body, list, query);
        if (end < 0) {
            parse(body, query);
        } else {
            query.hasTokens = true;
            parse(withNull(body, list - 1, end), query);
        }
        check(query);
    }

    /** The body with {@code null} in place of a value. */
    private static byte[] withNull(byte[] body, int from, int to) {
        byte[] rest = new byte[from + NULL.length + body.length - to];
        System.arraycopy(body, 0, rest, 0, from);
        System.arraycopy(NULL, 0, rest, from, NULL.length);
        System.arraycopy(body, to, rest, from + NULL.length, body.length - to);
        return rest;
    }

    private void parse(byte[] body, PrefixQuery query) throws QueryException {
        try (JsonParser parser = json.createParser(ObjectReadContext.empty(), body)) {
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
                throw invalid("tokens[" + query.tokenCount + "]: no token id (expected: 0 to 2147483647)");
            }
            query.addToken(token(parser.getIntValue(), query.tokenCount));
        }
        return true;
    }

    private static int token(int token, int index) throws QueryException {
        if (token < 0) {
            throw invalid("tokens[" + index + "]: no token id (expected: 0 to 2147483647)");
        }
        return token;
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

    /** Fills a query that has begun with tokens; the rest of it is told otherwise. */
    void readTokens(byte[] body, PrefixQuery query) throws QueryException {
        if (body.length % Integer.BYTES != 0) {
            throw invalid("body: " + body.length + " bytes (expected: 4 for each token)");
        }
        int from = query.tokenCount;
        int count = body.length / Integer.BYTES;
        query.reserveTokens(count);
        int[] tokens = query.tokens;
        // One copy and one pass over it, without a branch for each token.
        ByteBuffer.wrap(body).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(tokens, from, count);
        int signs = 0;
        for (int i = from; i < from + count; i++) {
            signs |= tokens[i];
        }
        for (int i = from; signs < 0 && i < from + count; i++) {
            token(tokens[i], i);
        }
        query.tokenCount = from + count;
        query.hasTokens = true;
        check(query);
    }

    /** Fills a query that has begun with request keys of 8 bytes, little-endian; the rest of it is told otherwise. */
    void readKeys(byte[] body, PrefixQuery query) throws QueryException {
        if (body.length % Long.BYTES != 0) {
            throw invalid("body: " + body.length + " bytes (expected: 8 for each key)");
        }
        for (int at = 0; at < body.length; at += Long.BYTES) {
            long key = (long) LONG.get(body, at);
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
