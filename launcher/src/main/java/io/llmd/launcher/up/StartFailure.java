package io.llmd.launcher.up;

/** A part of a trial that did not start. Has no stack trace. */
final class StartFailure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String part;

    StartFailure(String part, String reason) {
        super(reason, null, false, false);
        this.part = part;
    }

    String part() {
        return part;
    }
}
