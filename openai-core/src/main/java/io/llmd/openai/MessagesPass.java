package io.llmd.openai;

import io.llmd.contracts.error.ErrorCode;
import java.util.Set;
import tools.jackson.core.JsonToken;

/** Checks chat messages and the input items of the Responses API. */
final class MessagesPass {

    private static final Set<String> ROLES = Set.of("system", "developer", "user", "assistant", "tool", "function");
    private static final String ROLE_EXPECTATION = "system, developer, user, assistant, tool or function";
    private static final String CONTENT_EXPECTATION = "a string or an array of content parts";

    private enum Content {
        ABSENT,
        NULL,
        PRESENT
    }

    private final JsonCursor cursor;
    private final RequestLimits limits;
    private final MediaPass media;
    private int parts;

    MessagesPass(JsonCursor cursor, RequestLimits limits, MediaPass media) {
        this.cursor = cursor;
        this.limits = limits;
        this.media = media;
    }

    /** Reads the array of chat messages. */
    void readMessages() {
        cursor.expect(JsonToken.START_ARRAY, "messages", "an array of messages");
        int index = 0;
        while (cursor.next() != JsonToken.END_ARRAY) {
            if (index == limits.messages()) {
                throw JsonCursor.tooMany("messages", limits.messages(), "messages");
            }
            readMessage(index++);
        }
        if (index == 0) {
            throw new Refusal(ErrorCode.INVALID_VALUE, "messages: empty (expected: at least one message)", "messages");
        }
    }

    private void readMessage(int index) {
        if (!cursor.is(JsonToken.START_OBJECT)) {
            throw cursor.invalid("messages[" + index + "]", "an object");
        }
        boolean hasRole = false;
        boolean isAssistant = false;
        Content content = Content.ABSENT;
        for (String name = cursor.nextName(); name != null; name = cursor.nextName()) {
            cursor.next();
            switch (name) {
                case "role" -> {
                    if (hasRole) {
                        throw JsonCursor.duplicate("messages[" + index + "].role");
                    }
                    hasRole = true;
                    isAssistant = readRole("messages", index).equals("assistant");
                }
                case "content" -> {
                    if (content != Content.ABSENT) {
                        throw JsonCursor.duplicate("messages[" + index + "].content");
                    }
                    content = cursor.isNull() ? Content.NULL : Content.PRESENT;
                    readContent("messages", index, "content");
                }
                default -> cursor.skip();
            }
        }
        if (!hasRole) {
            throw JsonCursor.missing("messages[" + index + "].role");
        }
        if (content != Content.PRESENT && !isAssistant) {
            String param = "messages[" + index + "].content";
            throw content == Content.ABSENT
                    ? JsonCursor.missing(param)
                    : new Refusal(
                            ErrorCode.INVALID_VALUE, param + ": null (expected: " + CONTENT_EXPECTATION + ")", param);
        }
    }

    private String readRole(String array, int index) {
        String role = cursor.is(JsonToken.VALUE_STRING) ? cursor.string() : "";
        if (!ROLES.contains(role)) {
            throw cursor.invalid(array + "[" + index + "].role", ROLE_EXPECTATION);
        }
        return role;
    }

    /** Reads the items of {@code input} of the Responses API; the current token opens the array. */
    void readItems() {
        int index = 0;
        while (cursor.next() != JsonToken.END_ARRAY) {
            if (index == limits.messages()) {
                throw JsonCursor.tooMany("input", limits.messages(), "items");
            }
            readItem(index++);
        }
        if (index == 0) {
            throw new Refusal(ErrorCode.INVALID_VALUE, "input: empty (expected: at least one item)", "input");
        }
    }

    private void readItem(int index) {
        if (!cursor.is(JsonToken.START_OBJECT)) {
            throw cursor.invalid("input[" + index + "]", "an object");
        }
        for (String name = cursor.nextName(); name != null; name = cursor.nextName()) {
            cursor.next();
            switch (name) {
                case "type" -> {
                    if (cursor.is(JsonToken.VALUE_STRING) && cursor.string().equals("item_reference")) {
                        throw JsonCursor.unsupported("input[" + index + "]", "nothing is stored between requests");
                    }
                    cursor.skip();
                }
                case "role" -> readRole("input", index);
                case "content", "output" -> readContent("input", index, name);
                default -> cursor.skip();
            }
        }
    }

    private void readContent(String array, int index, String member) {
        if (cursor.is(JsonToken.START_ARRAY)) {
            int part = 0;
            while (cursor.next() != JsonToken.END_ARRAY) {
                if (++parts > limits.contentParts()) {
                    throw JsonCursor.tooMany(
                            array + "[" + index + "]." + member, limits.contentParts(), "content parts in a request");
                }
                readPart(array, index, member, part++);
            }
        } else if (cursor.is(JsonToken.START_OBJECT) && member.equals("output")) {
            readPart(array, index, member, -1);
        } else if (!cursor.is(JsonToken.VALUE_STRING) && !cursor.isNull()) {
            throw cursor.invalid(array + "[" + index + "]." + member, CONTENT_EXPECTATION);
        }
    }

    private void readPart(String array, int index, String member, int part) {
        if (cursor.is(JsonToken.VALUE_STRING)) {
            return;
        }
        if (!cursor.is(JsonToken.START_OBJECT)) {
            throw cursor.invalid(path(array, index, member, part), "an object");
        }
        for (String name = cursor.nextName(); name != null; name = cursor.nextName()) {
            cursor.next();
            switch (name) {
                case "type", "text" -> {
                    if (!cursor.is(JsonToken.VALUE_STRING)) {
                        throw cursor.invalid(path(array, index, member, part) + "." + name, "a string");
                    }
                }
                case "image_url", "video_url", "audio_url", "file_url", "file_data" ->
                    media.readUrl(path(array, index, member, part) + "." + name);
                case "input_audio" -> media.readAudio(path(array, index, member, part) + "." + name);
                case "file" -> media.readFile(path(array, index, member, part) + "." + name);
                case "source" -> media.readSource(path(array, index, member, part) + "." + name);
                case "content" -> readContent(array, index, member);
                default -> cursor.skip();
            }
        }
    }

    private static String path(String array, int index, String member, int part) {
        String path = array + "[" + index + "]." + member;
        return part < 0 ? path : path + "[" + part + "]";
    }
}
