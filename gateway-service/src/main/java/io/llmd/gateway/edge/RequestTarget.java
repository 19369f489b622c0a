package io.llmd.gateway.edge;

import io.llmd.contracts.error.ErrorCode;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Checks request targets before anything looks at them. A path that two readers could understand differently is no
 * path: nothing is decoded or normalised on the way to a route.
 */
final class RequestTarget {

    private RequestTarget() {}

    /** The path without query. */
    static String path(String target) {
        int query = target.indexOf('?');
        return query < 0 ? target : target.substring(0, query);
    }

    /** Why a target is refused, or {@code null} when it is not. */
    static @Nullable ErrorCode refusal(String target) {
        if (!target.startsWith("/")) {
            return ErrorCode.UNKNOWN_URL;
        }
        int end = target.indexOf('?') < 0 ? target.length() : target.indexOf('?');
        boolean escaped = false;
        for (int i = 0; i < end; i++) {
            char c = target.charAt(i);
            if (c <= ' ' || c >= 0x7f || c == '#') {
                return ErrorCode.INVALID_HTTP;
            }
            escaped |= c == '%';
        }
        String path = target.substring(0, end);
        if (escaped) {
            String decoded = decode(path);
            if (decoded == null) {
                return ErrorCode.INVALID_HTTP;
            }
            if (hidesStructure(path)) {
                return ErrorCode.UNKNOWN_URL;
            }
        }
        return isAmbiguous(path) ? ErrorCode.UNKNOWN_URL : null;
    }

    private static boolean isAmbiguous(String path) {
        return path.contains("//")
                || path.contains("/./")
                || path.contains("/../")
                || path.endsWith("/.")
                || path.endsWith("/..")
                || path.indexOf(';') >= 0
                || path.indexOf('\\') >= 0;
    }

    /** Whether a percent escape stands for a character that has a meaning in paths. */
    private static boolean hidesStructure(String path) {
        for (int i = path.indexOf('%'); i >= 0; i = path.indexOf('%', i + 1)) {
            int value = Integer.parseInt(path, i + 1, i + 3, 16);
            if (value == '/' || value == '.' || value == '\\' || value == ';' || value == '%' || value < ' ') {
                return true;
            }
        }
        return false;
    }

    /** The decoded path, or {@code null} when an escape is broken or the bytes are no UTF-8. */
    private static @Nullable String decode(String path) {
        ByteBuffer bytes = ByteBuffer.allocate(path.length());
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            if (c != '%') {
                bytes.put((byte) c);
                continue;
            }
            int high = i + 2 < path.length() ? Character.digit(path.charAt(i + 1), 16) : -1;
            int low = i + 2 < path.length() ? Character.digit(path.charAt(i + 2), 16) : -1;
            if (high < 0 || low < 0) {
                return null;
            }
            bytes.put((byte) (high << 4 | low));
            i += 2;
        }
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }
}
