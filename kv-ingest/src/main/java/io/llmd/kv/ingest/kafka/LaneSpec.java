package io.llmd.kv.ingest.kafka;

import io.llmd.kv.lane.CopyCounting;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * What is known about a lane, the event stream of one data-parallel rank of an endpoint, before it has a place in the log.
 *
 * @param id names the lane for ever; holds the endpoint's UID and the rank, so that a replacement is another lane
 * @param pool pool of {@link KvTopics}
 * @param endpoint name of the endpoint
 * @param endpointUid tells it from others of the same name; may be empty
 * @param rank data-parallel rank, from 0
 * @param model base model of the endpoint
 * @param blockTokens tokens per block that the engine announces
 * @param keyMode how request keys are computed from tokens
 * @param eventAddress where the engine publishes, for instance {@code tcp://10.0.0.7:5557}
 * @param replayAddress where it replays; empty when it does not
 * @param counting how copies of its blocks are counted
 */
public record LaneSpec(
        String id,
        String pool,
        String endpoint,
        String endpointUid,
        int rank,
        String model,
        int blockTokens,
        String keyMode,
        String eventAddress,
        String replayAddress,
        CopyCounting counting) {

    /** Bytes of each text in UTF-8. */
    public static final int MAX_TEXT_BYTES = 1_000;

    public LaneSpec {
        check("id", id);
        if (id.isEmpty()) {
            throw new IllegalArgumentException("id: empty (expected: a name)");
        }
        check("pool", pool);
        check("endpoint", endpoint);
        check("endpointUid", endpointUid);
        check("model", model);
        check("keyMode", keyMode);
        check("eventAddress", eventAddress);
        check("replayAddress", replayAddress);
        Objects.requireNonNull(counting, "counting");
        if (rank < 0 || blockTokens < 1) {
            throw new IllegalArgumentException(
                    "rank, blockTokens: " + rank + ", " + blockTokens + " (expected: >= 0, >= 1)");
        }
    }

    /** A lane whose copies are counted as vLLM's. */
    public LaneSpec(
            String id,
            String pool,
            String endpoint,
            String endpointUid,
            int rank,
            String model,
            int blockTokens,
            String keyMode,
            String eventAddress,
            String replayAddress) {
        this(
                id,
                pool,
                endpoint,
                endpointUid,
                rank,
                model,
                blockTokens,
                keyMode,
                eventAddress,
                replayAddress,
                CopyCounting.DEFAULT);
    }

    /** The same lane with copies that are counted in this way. */
    public LaneSpec withCounting(CopyCounting value) {
        return new LaneSpec(
                id, pool, endpoint, endpointUid, rank, model, blockTokens, keyMode, eventAddress, replayAddress, value);
    }

    private static void check(String name, String text) {
        Objects.requireNonNull(text, name);
        if (text.getBytes(StandardCharsets.UTF_8).length > MAX_TEXT_BYTES) {
            throw new IllegalArgumentException(
                    name + ": " + text.length() + " characters (expected: at most " + MAX_TEXT_BYTES + " bytes)");
        }
    }

    byte[] key() {
        return id.getBytes(StandardCharsets.UTF_8);
    }
}
