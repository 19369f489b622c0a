package io.llmd.scheduler.plugin;

import java.util.Objects;

/**
 * Something to tell the author of a configuration.
 *
 * @param severity whether the configuration is refused
 * @param file file name as given
 * @param line first line is 1; 0 when the finding is about the whole file
 * @param field path of the field, such as {@code plugins[2].parameters.threshold}; empty for the whole file
 * @param message what is wrong, with value and expectation
 */
public record Finding(Severity severity, String file, int line, String field, String message) {

    /** How bad a finding is. */
    public enum Severity {
        /** The configuration is refused. */
        ERROR,
        /** The configuration works. */
        WARNING
    }

    public Finding {
        Objects.requireNonNull(severity, "severity");
        Objects.requireNonNull(file, "file");
        Objects.requireNonNull(field, "field");
        Objects.requireNonNull(message, "message");
    }

    /** Whether the configuration is refused. */
    public boolean isError() {
        return severity == Severity.ERROR;
    }

    /** {@code file:line:field: message}, the form that editors can jump to. */
    @Override
    public String toString() {
        String where = line == 0 ? file : file + ":" + line;
        return field.isEmpty() ? where + ": " + message : where + ":" + field + ": " + message;
    }
}
