package io.llmd.scheduler.latency;

/**
 * What is predicted for one endpoint. One object serves all candidates of a decision, one after another. For one thread.
 */
public final class Forecast {

    private double firstToken;
    private double firstTokenBound;
    private double outputToken;
    private double outputTokenBound;

    void setFirstToken(double millis, double bound) {
        firstToken = millis;
        firstTokenBound = bound;
    }

    void setOutputToken(double millis, double bound) {
        outputToken = millis;
        outputTokenBound = bound;
    }

    /** Milliseconds to the first token, as to be expected. */
    public double timeToFirstTokenMillis() {
        return firstToken;
    }

    /** Milliseconds within which the first token comes with the wanted probability. */
    public double timeToFirstTokenBoundMillis() {
        return firstTokenBound;
    }

    /** Mean milliseconds per token after the first, as to be expected; 0 when not asked for or not known. */
    public double timePerOutputTokenMillis() {
        return outputToken;
    }

    /** Milliseconds within which that mean stays with the wanted probability; 0 when not asked for or not known. */
    public double timePerOutputTokenBoundMillis() {
        return outputTokenBound;
    }
}
