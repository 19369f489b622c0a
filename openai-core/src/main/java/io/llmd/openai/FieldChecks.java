package io.llmd.openai;

import io.llmd.contracts.error.ErrorCode;
import tools.jackson.core.JsonToken;

/** Checks of the members that are bounded so that a cheap request cannot make dear work. */
final class FieldChecks {

    private final JsonCursor cursor;
    private final RequestLimits limits;

    FieldChecks(JsonCursor cursor, RequestLimits limits) {
        this.cursor = cursor;
        this.limits = limits;
    }

    void stop(String param) {
        if (cursor.is(JsonToken.VALUE_STRING)) {
            cursor.checkString(param, limits.stopCharacters());
            return;
        }
        cursor.expect(JsonToken.START_ARRAY, param, "a string or an array of strings");
        for (int i = 0; cursor.next() != JsonToken.END_ARRAY; i++) {
            if (i == limits.stopStrings()) {
                throw JsonCursor.tooMany(param, limits.stopStrings(), "strings");
            }
            cursor.checkString(param + "[" + i + "]", limits.stopCharacters());
        }
    }

    void tokenIds(String param) {
        cursor.expect(JsonToken.START_ARRAY, param, "an array of token ids");
        for (int i = 0; cursor.next() != JsonToken.END_ARRAY; i++) {
            if (i == limits.tokenLists()) {
                throw JsonCursor.tooMany(param, limits.tokenLists(), "token ids");
            }
            if (!cursor.isTokenId()) {
                throw cursor.invalid(param + "[" + i + "]", "a token id from 0 to 4294967295");
            }
        }
    }

    void words(String param) {
        cursor.expect(JsonToken.START_ARRAY, param, "an array of strings");
        for (int i = 0; cursor.next() != JsonToken.END_ARRAY; i++) {
            if (i == limits.tokenLists()) {
                throw JsonCursor.tooMany(param, limits.tokenLists(), "strings");
            }
            cursor.checkString(param + "[" + i + "]", limits.stopCharacters());
        }
    }

    void logitBias(String param) {
        cursor.expect(JsonToken.START_OBJECT, param, "an object of numbers");
        int entries = 0;
        for (String name = cursor.nextName(); name != null; name = cursor.nextName()) {
            if (++entries > limits.logitBias()) {
                throw JsonCursor.tooMany(param, limits.logitBias(), "entries");
            }
            cursor.next();
            cursor.readNumber(param, -100, 100, "numbers from -100 to 100");
        }
    }

    void metadata(String param) {
        cursor.expect(JsonToken.START_OBJECT, param, "an object of strings");
        int entries = 0;
        for (String name = cursor.nextName(); name != null; name = cursor.nextName()) {
            if (++entries > limits.metadataPairs()) {
                throw JsonCursor.tooMany(param, limits.metadataPairs(), "pairs");
            }
            if (name.length() > limits.metadataKeyCharacters()) {
                throw JsonCursor.tooLong(param, limits.metadataKeyCharacters(), "characters in a key");
            }
            cursor.next();
            cursor.checkString(param + "." + name, limits.metadataValueCharacters());
        }
    }

    /**
     * Checks a description of the output: its texts as grammars, its levels and values as a schema.
     *
     * @param wrappers levels around the schema
     */
    void outputFormat(String param, int wrappers) {
        cursor.expect(JsonToken.START_OBJECT, param, "an object");
        schema(param, wrappers);
    }

    /** Checks what engines before {@code structured_outputs} took: a text, a schema or a list of texts. */
    void guide(String param) {
        if (cursor.is(JsonToken.START_OBJECT) || cursor.is(JsonToken.START_ARRAY)) {
            schema(param, 0);
        } else if (cursor.is(JsonToken.VALUE_STRING)) {
            cursor.checkString(param, limits.grammarBytes());
        }
    }

    /** The same for a schema, which may be given as a text. */
    void guideSchema(String param) {
        guide(param);
        if (cursor.is(JsonToken.VALUE_STRING)) {
            schemaText(param);
        }
    }

    /** From the opening bracket of an object or list to the closing one. */
    private void schema(String param, int wrappers) {
        int depth = 1;
        int values = 0;
        long characters = 0;
        while (depth > 0) {
            JsonToken token = cursor.next();
            switch (token) {
                case START_OBJECT, START_ARRAY -> {
                    if (++depth > wrappers + limits.schemaDepth()) {
                        throw tooDeep(param);
                    }
                }
                case END_OBJECT, END_ARRAY -> depth--;
                case VALUE_STRING -> {
                    cursor.checkString(param, limits.grammarBytes());
                    if (depth == 1 && cursor.isNamed("json")) {
                        schemaText(param);
                    }
                }
                default -> {
                    // scalars are bounded by the parser
                }
            }
            if (token == JsonToken.VALUE_STRING || token == JsonToken.PROPERTY_NAME) {
                characters += cursor.stringLength();
                if (characters > limits.schemaCharacters()) {
                    throw JsonCursor.tooLong(param, limits.schemaCharacters(), "characters in all");
                }
            }
            if ((token.isScalarValue() || token.isStructStart()) && ++values > limits.schemaValues()) {
                throw JsonCursor.tooMany(param, limits.schemaValues(), "values");
            }
        }
    }

    /** A schema within a text: brackets count but for those in its own texts. */
    private void schemaText(String param) {
        StringBytes text = cursor.stringBytes();
        int depth = 0;
        boolean isInText = false;
        for (int c = text.next(); c != StringBytes.END; c = text.next()) {
            if (isInText) {
                if (c == '\\') {
                    text.next();
                }
                isInText = c != '"';
            } else {
                isInText = c == '"';
                depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
                if (depth > limits.schemaDepth()) {
                    throw tooDeep(param);
                }
            }
        }
    }

    private Refusal tooDeep(String param) {
        return new Refusal(
                ErrorCode.INVALID_VALUE,
                param + ": too deep (expected: a schema of at most " + limits.schemaDepth() + " levels)",
                param);
    }

    /** Checks the tool definitions. */
    void tools(boolean forResponses) {
        cursor.expect(JsonToken.START_ARRAY, "tools", "an array of objects");
        for (int i = 0; cursor.next() != JsonToken.END_ARRAY; i++) {
            if (i == limits.tools()) {
                throw JsonCursor.tooMany("tools", limits.tools(), "tools");
            }
            if (!cursor.is(JsonToken.START_OBJECT)) {
                throw cursor.invalid("tools[" + i + "]", "an object");
            }
            if (forResponses) {
                refuseServerUrl(i);
            } else {
                cursor.skip();
            }
        }
    }

    private void refuseServerUrl(int index) {
        for (String name = cursor.nextName(); name != null; name = cursor.nextName()) {
            cursor.next();
            if (name.equals("server_url") && !cursor.isNull()) {
                throw JsonCursor.unsupported("tools[" + index + "].server_url", "addresses are not contacted");
            }
            cursor.skip();
        }
    }
}
