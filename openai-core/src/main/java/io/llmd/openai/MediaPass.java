package io.llmd.openai;

import io.llmd.contracts.error.ErrorCode;
import tools.jackson.core.JsonToken;

/** Checks media: no address that a server would fetch, unless addresses are allowed; else base64 only, of bounded size. */
final class MediaPass {

    private static final String SCHEME = "data:";
    private static final String BASE64 = ";base64";
    private static final int MAX_HEADER = 256;

    private final JsonCursor cursor;
    private final int maxBytes;
    private final boolean allowsAddresses;
    private long rawBytes;

    MediaPass(JsonCursor cursor, int maxBytes, boolean allowsAddresses) {
        this.cursor = cursor;
        this.maxBytes = maxBytes;
        this.allowsAddresses = allowsAddresses;
    }

    /** Bytes of the body that inlined media took so far. */
    long rawBytes() {
        return rawBytes;
    }

    /** The value of {@code image_url} and its kin: a URL, or an object with member {@code url}. */
    void readUrl(String param) {
        readNested(param, "url", true);
    }

    /** The value of {@code input_audio}: an object whose {@code data} is base64. */
    void readAudio(String param) {
        readNested(param, "data", false);
    }

    /** The value of {@code file}: an object whose {@code file_data} is a data URI. */
    void readFile(String param) {
        readNested(param, "file_data", true);
    }

    /** The value of {@code source} in Anthropic's parts: an object with data, or with an address, which is refused. */
    void readSource(String param) {
        if (!cursor.is(JsonToken.START_OBJECT)) {
            cursor.skip();
            return;
        }
        for (String name = cursor.nextName(); name != null; name = cursor.nextName()) {
            cursor.next();
            if (name.equals("url") && !cursor.isNull() && !allowsAddresses) {
                throw JsonCursor.unsupported(param + ".url", "addresses are not fetched; expected: data");
            }
            if ((name.equals("data") || name.equals("url")) && cursor.is(JsonToken.VALUE_STRING)) {
                rawBytes += cursor.stringBytes().remaining();
            } else {
                cursor.skip();
            }
        }
    }

    private void readNested(String param, String member, boolean isUri) {
        if (cursor.isNull()) {
            return;
        }
        if (cursor.is(JsonToken.VALUE_STRING)) {
            check(param, isUri);
            return;
        }
        cursor.expect(JsonToken.START_OBJECT, param, "a string or an object");
        for (String name = cursor.nextName(); name != null; name = cursor.nextName()) {
            cursor.next();
            if (name.equals(member) && !cursor.isNull()) {
                cursor.expect(JsonToken.VALUE_STRING, param + "." + member, "a string");
                check(param + "." + member, isUri);
            } else {
                cursor.skip();
            }
        }
    }

    private void check(String param, boolean isUri) {
        StringBytes text = cursor.stringBytes();
        rawBytes += text.remaining();
        if (isUri && allowsAddresses && !isData(cursor.stringBytes())) {
            return;
        }
        if (isUri) {
            checkScheme(text, param);
            checkHeader(text, param);
        }
        checkBase64(text, param);
    }

    private static boolean isData(StringBytes text) {
        for (int i = 0; i < SCHEME.length(); i++) {
            if (Character.toLowerCase(text.next()) != SCHEME.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private static void checkScheme(StringBytes text, String param) {
        for (int i = 0; i < SCHEME.length(); i++) {
            if (Character.toLowerCase(text.next()) != SCHEME.charAt(i)) {
                throw JsonCursor.unsupported(param, "addresses are not fetched; expected: a data URI");
            }
        }
    }

    /** Reads up to the comma, which has to follow {@code ;base64}. */
    private static void checkHeader(StringBytes text, String param) {
        int matched = 0;
        for (int i = 0; i < MAX_HEADER; i++) {
            int c = text.next();
            if (c == StringBytes.END) {
                break;
            }
            if (c == ',') {
                if (matched == BASE64.length()) {
                    return;
                }
                break;
            }
            if (matched < BASE64.length() && Character.toLowerCase(c) == BASE64.charAt(matched)) {
                matched++;
            } else {
                matched = c == ';' ? 1 : 0;
            }
        }
        throw notBase64(param);
    }

    private void checkBase64(StringBytes text, String param) {
        long characters = 0;
        int padding = 0;
        for (int c = text.next(); c != StringBytes.END; c = text.next()) {
            characters++;
            if (c == '=') {
                padding++;
            } else if (padding > 0 || !isBase64(c)) {
                throw notBase64(param);
            }
            if (characters > (maxBytes + 2L) / 3 * 4) {
                throw new Refusal(
                        ErrorCode.PAYLOAD_TOO_LARGE,
                        param + ": too large (expected: at most " + maxBytes + " bytes)",
                        param);
            }
        }
        boolean whole = padding == 0 ? characters % 4 != 1 : padding <= 2 && characters % 4 == 0;
        if (characters == padding || !whole) {
            throw notBase64(param);
        }
    }

    private static boolean isBase64(int c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '+' || c == '/';
    }

    private static Refusal notBase64(String param) {
        return new Refusal(ErrorCode.INVALID_VALUE, param + ": not base64 (expected: base64 data)", param);
    }
}
