package io.llmd.simulator.config;

/**
 * How calls of tools are made up where a schema leaves it open.
 *
 * @param integers range of integers
 * @param numbers range of numbers
 * @param arrayLength range of the length of arrays
 * @param optionalParameters probability in percent that a parameter that is not required is given
 * @param optionalFields the same for fields of objects within parameters
 * @param furtherCalls probability in percent of one call more than needed, rolled again after each
 */
public record ToolCallSettings(
        Range integers,
        Range numbers,
        Range arrayLength,
        int optionalParameters,
        int optionalFields,
        int furtherCalls) {
    /** The defaults, those of llm-d-inference-sim. */
    public static final ToolCallSettings DEFAULTS =
            new ToolCallSettings(new Range(0, 100), new Range(0, 100), new Range(1, 5), 50, 50, 45);

    public ToolCallSettings {
        if (arrayLength.min() < 0) {
            throw new IllegalArgumentException("arrayLength: " + arrayLength + " (expected: >= 0)");
        }
        percent("optionalParameters", optionalParameters);
        percent("optionalFields", optionalFields);
        percent("furtherCalls", furtherCalls);
    }

    private static void percent(String name, int value) {
        if (value < 0 || value > 100) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: 0 to 100)");
        }
    }

    /** Both ends belong to it. */
    public record Range(int min, int max) {
        public Range {
            if (min > max) {
                throw new IllegalArgumentException("range: " + min + " to " + max + " (expected: ascending)");
            }
        }
    }
}
