package io.llmd.openai;

import io.llmd.contracts.error.ErrorCode;

/** Carries an error from deep inside a body to {@link RequestReader}; has no stack trace, as refusing is no surprise. */
final class Refusal extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final transient ApiError error;

    Refusal(ErrorCode code, String message, String param) {
        super(message, null, false, false);
        this.error = new ApiError(code, message, param);
    }

    ApiError error() {
        return error;
    }
}
