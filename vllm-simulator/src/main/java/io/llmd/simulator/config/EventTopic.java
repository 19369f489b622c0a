package io.llmd.simulator.config;

/**
 * Topic of an endpoint's KV events, in which <code>{host}</code>, <code>{port}</code> and <code>{model}</code> stand for
 * its own.
 *
 * @param host that it listens on
 * @param port of its API; 0 if it is not known before the start
 * @param model name of the model in answers
 */
record EventTopic(String host, int port, String model) {
    private static final String PORT = "{port}";

    /** @throws IllegalArgumentException if the port is not known and shall be in the topic */
    String of(String pattern) {
        if (port == 0 && pattern.contains(PORT)) {
            throw new IllegalArgumentException("topic: " + pattern + " with port 0 (expected: a port that is given)");
        }
        // the model comes last, so that nothing in its name is replaced
        return pattern.replace("{host}", host)
                .replace(PORT, Integer.toString(port))
                .replace("{model}", model);
    }
}
