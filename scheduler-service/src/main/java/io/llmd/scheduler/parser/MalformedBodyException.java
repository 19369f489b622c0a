package io.llmd.scheduler.parser;

/** Ends the reading of a body that is well-formed JSON but not a request. An expected outcome, so without a stack trace. */
final class MalformedBodyException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    MalformedBodyException(String message) {
        super(message, null, false, false);
    }
}
