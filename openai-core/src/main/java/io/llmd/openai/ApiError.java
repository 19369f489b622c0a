package io.llmd.openai;

import io.llmd.contracts.error.ErrorCode;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A refusal or failure as one client sees it.
 *
 * @param code status, type and code
 * @param message one sentence for a human; never carries prompts, keys or stack traces
 * @param param path of the member at fault, such as {@code messages[2].content}; {@code null} when it is not about one
 */
public record ApiError(
        ErrorCode code, String message, @Nullable String param) {

    private static final int ECHO_CHARACTERS = 64;

    public ApiError {
        Objects.requireNonNull(code, "code");
        Objects.requireNonNull(message, "message");
    }

    /** An error that is not about one member of the request. */
    public ApiError(ErrorCode code, String message) {
        this(code, message, null);
    }

    /**
     * The answer for a model that does not exist and, with the same bytes, for one that the key may not use.
     *
     * @param model name as the client wrote it
     */
    public static ApiError modelNotFound(String model) {
        return new ApiError(ErrorCode.MODEL_NOT_FOUND, "the model `" + echo(model) + "` does not exist", "model");
    }

    /** At most 64 characters of client input, for use in a message. */
    public static String echo(String input) {
        if (input.length() <= ECHO_CHARACTERS) {
            return input;
        }
        int end = ECHO_CHARACTERS - 3;
        if (Character.isHighSurrogate(input.charAt(end - 1))) {
            end--;
        }
        return input.substring(0, end) + "...";
    }
}
