package io.llmd.simulator.structured;

/** A schema or pattern that no text can be made for. */
public final class UnsupportedSchemaException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UnsupportedSchemaException(String message) {
        super(message, null, false, false);
    }
}
