package io.llmd.autoscaler.analyzer;

/**
 * The queueing model of llm-d's first autoscaler, for comparison (specs/autoscaling.md 1.10): one iteration with n requests
 * takes {@code alpha + n·(beta·Tc + gamma·Tm)}. Times in seconds, lengths in tokens.
 *
 * @param alpha base time of an iteration
 * @param beta time per token computed
 * @param gamma time per token in memory
 * @param input prompt
 * @param output answer
 */
public record IterationModel(double alpha, double beta, double gamma, double input, double output) {

    /** Iteration, time to first token and time between tokens of an unbounded replica without queueing. */
    public record Unbounded(double use, double iteration, double firstToken, double interToken) {}

    /** An iteration with {@code n} requests. */
    public double iteration(double n) {
        return alpha + n * (beta * (input + output) / (output + 1) + gamma * resident());
    }

    private double resident() {
        return input + output / 2;
    }

    /** Computing a prompt beside {@code n - 1} others. */
    public double prefill(double n) {
        return input == 0 ? 0 : iteration(n) + (beta + gamma) * input;
    }

    /** One token beside {@code n - 1} others. */
    public double decode(double n) {
        return iteration(n) + beta + gamma * resident();
    }

    /** Requests a second that are finished while {@code n} are served. */
    public double serviceRate(int n) {
        return n / (prefill(n) + output * decode(n));
    }

    /** Closed form for {@code rate} requests a second; infinite times at a use of 1 or more. */
    public Unbounded unbounded(double rate) {
        double use = rate * (beta * (input + output) + gamma * (output + 1) * resident());
        double iteration = use >= 1 ? Double.POSITIVE_INFINITY : alpha / (1 - use);
        return new Unbounded(
                use,
                iteration,
                iteration + (beta + gamma) * input,
                iteration + beta + gamma * (input + (output + 1) / 2));
    }

    /** The bounded replica. */
    public QueueChain.Steady bounded(double rate, int concurrency, int room) {
        return QueueChain.solve(rate, concurrency, room, this::serviceRate);
    }
}
