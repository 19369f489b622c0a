package io.llmd.kvindex.query;

import io.llmd.contracts.error.ErrorCode;

/** A query that cannot be answered, with what the client is told. Has no stack trace: it is expected. */
final class QueryException extends Exception {

    private static final long serialVersionUID = 1L;

    private final ErrorCode code;

    QueryException(ErrorCode code, String message) {
        super(message, null, false, false);
        this.code = code;
    }

    ErrorCode code() {
        return code;
    }

    /** What is wrong, with value and expectation. */
    String detail() {
        return String.valueOf(getMessage());
    }
}
