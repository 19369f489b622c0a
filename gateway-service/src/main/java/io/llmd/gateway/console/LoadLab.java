package io.llmd.gateway.console;

import java.net.URI;

/** Makes load on a gateway and measures the answers, one run at a time. Thread-safe. */
public interface LoadLab {

    /**
     * A run.
     *
     * @param model model of the requests
     * @param requestsPerSecond how many are sent
     * @param seconds how long
     * @param promptTokens mean tokens of prompts
     * @param outputTokens mean tokens of answers
     * @param sharedPrefixShare leading share of each prompt that its group has in common, in [0, 1]
     * @param groups number of groups
     * @param streamShare share of streamed requests, in [0, 1]
     */
    record Plan(
            String model,
            double requestsPerSecond,
            int seconds,
            int promptTokens,
            int outputTokens,
            double sharedPrefixShare,
            int groups,
            double streamShare) {

        private static final int MOST_PER_SECOND = 1_000;
        private static final int LONGEST = 600;

        public Plan {
            require(model != null && !model.isBlank(), "model: missing (expected: a model of the pool)");
            require(
                    requestsPerSecond > 0 && requestsPerSecond <= MOST_PER_SECOND,
                    "requestsPerSecond: " + requestsPerSecond + " (expected: more than 0, at most " + MOST_PER_SECOND
                            + ")");
            require(seconds >= 1 && seconds <= LONGEST, "seconds: " + seconds + " (expected: 1 to " + LONGEST + ")");
            require(promptTokens >= 1 && outputTokens >= 1, "tokens of prompts and answers (expected: at least 1)");
        }

        private static void require(boolean isTrue, String problem) {
            if (!isTrue) {
                throw new IllegalArgumentException(problem);
            }
        }
    }

    /**
     * Begins a run.
     *
     * @throws IllegalArgumentException when the plan makes no sense, or a run is under way
     */
    void start(URI gateway, String key, Plan plan);

    /** Sends nothing more; what is under way may end. */
    void stop();

    /** The run under way and the reports of earlier ones, as JSON. May wait for a moment; not for event loops. */
    String state();
}
