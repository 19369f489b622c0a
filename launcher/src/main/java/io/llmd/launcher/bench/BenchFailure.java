package io.llmd.launcher.bench;

/** A run that has no result: a contender that does not start or answers wrongly. Has no stack trace. */
final class BenchFailure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    BenchFailure(String message) {
        super(message, null, false, false);
    }
}
