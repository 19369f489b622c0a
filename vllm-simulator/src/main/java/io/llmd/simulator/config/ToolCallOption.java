package io.llmd.simulator.config;

import io.llmd.simulator.config.ToolCallSettings.Range;

/** The values of {@link ToolCallSettings}, one by one. */
enum ToolCallOption {
    MIN_INTEGER,
    MAX_INTEGER,
    MIN_NUMBER,
    MAX_NUMBER,
    MIN_ARRAY_LENGTH,
    MAX_ARRAY_LENGTH,
    OPTIONAL_PARAMETERS,
    OPTIONAL_FIELDS,
    FURTHER_CALLS;

    /** The same settings with this value changed. A lower end above the upper one moves that, and the reverse. */
    ToolCallSettings with(ToolCallSettings old, int value) {
        return new ToolCallSettings(
                range(old.integers(), MIN_INTEGER, MAX_INTEGER, value),
                range(old.numbers(), MIN_NUMBER, MAX_NUMBER, value),
                range(old.arrayLength(), MIN_ARRAY_LENGTH, MAX_ARRAY_LENGTH, value),
                this == OPTIONAL_PARAMETERS ? value : old.optionalParameters(),
                this == OPTIONAL_FIELDS ? value : old.optionalFields(),
                this == FURTHER_CALLS ? value : old.furtherCalls());
    }

    private Range range(Range old, ToolCallOption min, ToolCallOption max, int value) {
        if (this == min) {
            return new Range(value, Math.max(value, old.max()));
        }
        return this == max ? new Range(Math.min(value, old.min()), value) : old;
    }
}
