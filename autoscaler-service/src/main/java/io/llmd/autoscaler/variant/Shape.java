package io.llmd.autoscaler.variant;

/**
 * Moments of the lengths of a class of requests, in tokens.
 *
 * @param input mean prompt, cached tokens included
 * @param uncached mean part of the prompt that has to be computed
 * @param uncachedSquare mean of its square
 * @param output mean answer
 * @param inputOutput mean of prompt times answer
 * @param outputSquare mean of the answer's square
 */
public record Shape(
        double input, double uncached, double uncachedSquare, double output, double inputOutput, double outputSquare) {

    public Shape {
        if (!(input >= 0) || !(uncached >= 0) || !(output >= 0) || !(inputOutput >= 0)) {
            throw new IllegalArgumentException(
                    "input: " + input + ", uncached: " + uncached + ", output: " + output + " (expected: >= 0)");
        }
        uncached = Math.min(uncached, input);
        uncachedSquare = Math.max(uncachedSquare, uncached * uncached);
        outputSquare = Math.max(outputSquare, output * output);
    }

    /** Requests that are all alike. @param hit share of the prompt that is cached, in [0, 1] */
    public static Shape fixed(double input, double hit, double output) {
        double uncached = input * (1 - hit);
        return new Shape(input, uncached, uncached * uncached, output, input * output, output * output);
    }

    /**
     * Lengths of which the coefficients of variation are known, independent of each other.
     *
     * @param inputVariation standard deviation of prompts by their mean
     * @param outputVariation the same of answers; 1 for exponential ones
     */
    public static Shape spread(double input, double hit, double inputVariation, double output, double outputVariation) {
        double uncached = input * (1 - hit);
        return new Shape(
                input,
                uncached,
                uncached * uncached * (1 + inputVariation * inputVariation),
                output,
                input * output,
                output * output * (1 + outputVariation * outputVariation));
    }

    /** Mean token-steps that a request's context occupies: E[I·O] + E[O²]/2. */
    public double contextSteps() {
        return inputOutput + outputSquare / 2;
    }

    /** Squared coefficient of variation of the time that computing a prompt takes. */
    public double prefillVariation() {
        return uncached == 0 ? 0 : Math.max(0, uncachedSquare / (uncached * uncached) - 1);
    }
}
