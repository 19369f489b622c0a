package io.llmd.openai;

import io.llmd.contracts.error.ErrorCode;
import tools.jackson.core.JsonToken;

/** Checks and measures prompts of completions and inputs of embeddings: text, texts, token ids, lists of token ids. */
final class PromptPass {

    private static final String EXPECTATION = "a string, strings, token ids, or lists of token ids";

    private enum Kind {
        TEXTS,
        IDS,
        LISTS
    }

    private final JsonCursor cursor;
    private long textBytes;
    private long largestTextBytes;
    private long ids;
    private long largestIds;
    private int count;

    PromptPass(JsonCursor cursor) {
        this.cursor = cursor;
    }

    long textBytes() {
        return textBytes;
    }

    long largestTextBytes() {
        return largestTextBytes;
    }

    long ids() {
        return ids;
    }

    long largestIds() {
        return largestIds;
    }

    /** Prompts read so far. */
    int count() {
        return count;
    }

    /**
     * @param maxPrompts prompts that one request may hold
     */
    void read(String param, int maxPrompts) {
        if (cursor.is(JsonToken.VALUE_STRING)) {
            readText(param);
            return;
        }
        cursor.expect(JsonToken.START_ARRAY, param, EXPECTATION);
        if (cursor.next() == JsonToken.END_ARRAY) {
            throw empty(param);
        }
        Kind kind = kindOf(param);
        if (kind == Kind.IDS) {
            readIds(param);
            return;
        }
        int index = 0;
        do {
            if (index == maxPrompts) {
                throw JsonCursor.tooMany(param, maxPrompts, "prompts");
            }
            if (kind == Kind.TEXTS) {
                if (!cursor.is(JsonToken.VALUE_STRING)) {
                    throw cursor.invalid(param + "[" + index + "]", "a string, as the first");
                }
                readText(param, index);
            } else {
                if (!cursor.is(JsonToken.START_ARRAY)) {
                    throw cursor.invalid(param + "[" + index + "]", "a list of token ids, as the first");
                }
                if (cursor.next() == JsonToken.END_ARRAY) {
                    throw empty(param + "[" + index + "]");
                }
                readIds(param + "[" + index + "]");
            }
            index++;
        } while (cursor.next() != JsonToken.END_ARRAY);
    }

    /** Reads a list of token ids, which may be empty. */
    void readTokens(String param) {
        cursor.expect(JsonToken.START_ARRAY, param, "an array of token ids");
        if (cursor.next() != JsonToken.END_ARRAY) {
            readIds(param);
        }
    }

    private Kind kindOf(String param) {
        if (cursor.is(JsonToken.VALUE_STRING)) {
            return Kind.TEXTS;
        }
        if (cursor.is(JsonToken.START_ARRAY)) {
            return Kind.LISTS;
        }
        if (cursor.is(JsonToken.VALUE_NUMBER_INT) || cursor.is(JsonToken.VALUE_NUMBER_FLOAT)) {
            return Kind.IDS;
        }
        throw cursor.invalid(param + "[0]", EXPECTATION);
    }

    private void readText(String param) {
        if (!measureText()) {
            throw empty(param);
        }
    }

    private void readText(String param, int index) {
        if (!measureText()) {
            throw empty(param + "[" + index + "]");
        }
    }

    private boolean measureText() {
        int start = cursor.valueStart();
        int bytes = cursor.stringEnd(start) - start - 2;
        count++;
        textBytes += bytes;
        largestTextBytes = Math.max(largestTextBytes, bytes);
        return bytes > 0;
    }

    /** Reads ids from the current token up to the end of the array. */
    private void readIds(String param) {
        int index = 0;
        do {
            if (!cursor.isTokenId()) {
                throw cursor.invalid(param + "[" + index + "]", "a token id from 0 to 4294967295");
            }
            index++;
        } while (cursor.next() != JsonToken.END_ARRAY);
        ids += index;
        count++;
        largestIds = Math.max(largestIds, index);
    }

    private static Refusal empty(String param) {
        return new Refusal(ErrorCode.INVALID_VALUE, param + ": empty (expected: " + EXPECTATION + ")", param);
    }
}
