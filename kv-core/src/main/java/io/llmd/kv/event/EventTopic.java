package io.llmd.kv.event;

/**
 * What the topic of a publisher says: {@code kv@<endpoint>@<model>}. A hint only, for an engine can be configured with
 * another one's topic, and vLLM's default is empty.
 *
 * @param endpoint name or {@code host:port}; the medium for a publisher of shared storage; the whole topic when it has
 *     fewer than three parts
 * @param model may contain {@code @}; empty when the topic has fewer than three parts
 */
public record EventTopic(String endpoint, String model) {

    private static final char SEPARATOR = '@';

    /** Reads a topic; splits at the first two separators only. */
    public static EventTopic parse(String topic) {
        int first = topic.indexOf(SEPARATOR);
        int second = first < 0 ? -1 : topic.indexOf(SEPARATOR, first + 1);
        return second < 0
                ? new EventTopic(topic, "")
                : new EventTopic(topic.substring(first + 1, second), topic.substring(second + 1));
    }
}
