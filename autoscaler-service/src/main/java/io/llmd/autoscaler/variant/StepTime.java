package io.llmd.autoscaler.variant;

/**
 * Time of one engine step that computes P prompt tokens and decodes n sequences with K tokens of context in all:
 * {@code base + perPromptToken·P + perSequence·n + perContextToken·K}. All in seconds.
 *
 * @param base reading weights and launching, t0
 * @param perPromptToken computing one prompt token, a
 * @param perSequence decoding one sequence, b
 * @param perContextToken reading keys and values of one token, c
 */
public record StepTime(double base, double perPromptToken, double perSequence, double perContextToken) {

    public StepTime {
        require("base", base, base > 0);
        require("perPromptToken", perPromptToken, perPromptToken >= 0);
        require("perSequence", perSequence, perSequence >= 0);
        require("perContextToken", perContextToken, perContextToken >= 0);
    }

    private static void require(String name, double value, boolean isValid) {
        if (!isValid || !Double.isFinite(value)) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: a time, base above 0)");
        }
    }

    /** Seconds of one step. */
    public double step(double promptTokens, double sequences, double contextTokens) {
        return base + perPromptToken * promptTokens + perSequence * sequences + perContextToken * contextTokens;
    }

    /** All times multiplied by {@code factor}. */
    public StepTime times(double factor) {
        return new StepTime(base * factor, perPromptToken * factor, perSequence * factor, perContextToken * factor);
    }

    /** The same replica when prompts are computed elsewhere. */
    public StepTime withoutPrompts() {
        return new StepTime(base, 0, perSequence, perContextToken);
    }
}
