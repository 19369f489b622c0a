package io.llmd.scheduler.prefix;

import io.llmd.kv.index.IndexSettings;
import io.llmd.kv.ingest.direct.PoolSettings;
import io.llmd.kv.ingest.zmq.ZmtpSettings;
import io.llmd.kv.key.KeyMode;
import io.llmd.kv.lane.RemovalMode;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How the KV events of a pool's engines are found and read. Equal settings share one index.
 *
 * @param keyMode how request keys are computed
 * @param seed part of every key
 * @param model base model's name as requests have it; empty when it is taken from topics
 * @param blockTokens tokens per block
 * @param isPhysical whether a removal takes one copy of a block, as vLLM means it
 * @param maxBytes memory of the index
 * @param topicPrefix beginning of the topics
 * @param eventPort port of the events of rank 0, on the endpoint's host; the next ranks have the next ports
 * @param replayPort port that repeats events; 0 for none
 * @param labels labels that an endpoint must have
 * @param namespace namespace of the endpoints; empty for any
 */
public record EngineEvents(
        KeyMode keyMode,
        String seed,
        String model,
        int blockTokens,
        boolean isPhysical,
        long maxBytes,
        String topicPrefix,
        int eventPort,
        int replayPort,
        Map<String, String> labels,
        String namespace) {

    /** Label with which an endpoint tells another port of its events than the usual one, for hosts with several endpoints. */
    public static final String EVENT_PORT_LABEL = "llm-d.ai/kv-events-port";

    /** The same for the port that repeats events. */
    public static final String REPLAY_PORT_LABEL = "llm-d.ai/kv-events-replay-port";

    private static final int MAX_PORT = 65_535;

    public EngineEvents {
        labels = Map.copyOf(labels);
    }

    PoolSettings pool() {
        return new PoolSettings(
                keyMode,
                seed,
                model,
                blockTokens,
                isPhysical ? RemovalMode.PHYSICAL : RemovalMode.LOGICAL,
                1,
                new IndexSettings(maxBytes),
                ZmtpSettings.DEFAULT);
    }

    boolean concerns(EndpointMetadata endpoint) {
        return endpoint.labels().entrySet().containsAll(labels.entrySet())
                && (namespace.isEmpty() || endpoint.id().startsWith(namespace + "/"));
    }

    /** Whether an endpoint's events are the same, or as absent, after a change of its labels. */
    boolean isSameStream(EndpointMetadata before, EndpointMetadata after) {
        return concerns(before) == concerns(after)
                && eventPort(before) == eventPort(after)
                && replayPort(before) == replayPort(after);
    }

    /** Port of an endpoint's events. */
    int eventPort(EndpointMetadata endpoint) {
        return port(endpoint, EVENT_PORT_LABEL, eventPort);
    }

    /** Port that repeats an endpoint's events; 0 for none. */
    int replayPort(EndpointMetadata endpoint) {
        return port(endpoint, REPLAY_PORT_LABEL, replayPort);
    }

    /** The port of rank 0, by label or the usual one; those of other ranks, which share its labels, follow. */
    private static int port(EndpointMetadata endpoint, String label, int usual) {
        int labelled = parsed(endpoint.labels().get(label));
        int first = labelled > 0 ? labelled : usual;
        return first == 0 ? 0 : Math.min(MAX_PORT, first + endpoint.rankIndex());
    }

    private static int parsed(@Nullable String text) {
        if (text == null || !text.matches("\\d{1,5}")) {
            return 0;
        }
        int port = Integer.parseInt(text);
        return port <= MAX_PORT ? port : 0;
    }
}
