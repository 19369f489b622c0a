package io.llmd.scheduler.tokenizer;

import java.nio.charset.StandardCharsets;

/**
 * What an engine answered.
 *
 * @param path path that was asked
 * @param status HTTP status
 * @param body whole body, bounded
 */
record Answer(String path, int status, byte[] body) {

    private static final int OK = 200;
    private static final int NOT_FOUND = 404;
    private static final int METHOD_NOT_ALLOWED = 405;
    private static final int TOO_MANY = 429;
    private static final int UNAUTHORIZED = 401;
    private static final int FORBIDDEN = 403;

    boolean isOk() {
        return status == OK;
    }

    /** Whether the engine has no such route. It says the same of a model that it does not serve, in other words. */
    boolean isRouteMissing() {
        return status == METHOD_NOT_ALLOWED
                || status == NOT_FOUND && !new String(body, StandardCharsets.UTF_8).contains("does not exist");
    }

    /** Whether the engine refuses the request for what it is; it will do so again. */
    boolean isRefused() {
        return status / 100 == 4
                && status != NOT_FOUND
                && status != METHOD_NOT_ALLOWED
                && status != TOO_MANY
                && status != UNAUTHORIZED
                && status != FORBIDDEN;
    }

    /** What went wrong, for logs; nothing of the body. */
    IllegalStateException failure() {
        return new IllegalStateException(path + " answered " + status + " (expected: " + OK + ")");
    }
}
