package io.llmd.contracts.header;

import java.util.List;

/**
 * Request and response headers with a meaning to the suite, with the names of llm-d v0.10.
 *
 * <p>Names are lower case, as on HTTP/2. A reader looks for {@link #wireName()} first and then for the deprecated
 * {@link #aliases()} in order; a writer sets {@link #wireName()} only.
 */
public enum LlmdHeader {
    /** Identifies one client request in logs, decisions and answers. */
    REQUEST_ID("x-request-id", Access.CLIENT),
    /** Names the objective that gives a request its priority. */
    OBJECTIVE("x-llm-d-inference-objective", Access.TRUSTED, "x-gateway-inference-objective"),
    /** Identifies the flow, usually the tenant, among which capacity is shared fairly. */
    FAIRNESS_ID("x-llm-d-inference-fairness-id", Access.TRUSTED, "x-gateway-inference-fairness-id"),
    /** Replaces the model name of the body. */
    MODEL_REWRITE("x-llm-d-model-name-rewrite", Access.TRUSTED, "x-gateway-model-name-rewrite"),
    /** Wanted time to first token in milliseconds. */
    SLO_TIME_TO_FIRST_TOKEN("x-llm-d-slo-ttft-ms", Access.CLIENT, "x-slo-ttft-ms"),
    /** Wanted mean time per output token in milliseconds. */
    SLO_TIME_PER_OUTPUT_TOKEN("x-llm-d-slo-tpot-ms", Access.CLIENT, "x-slo-tpot-ms"),
    /** Longest time in milliseconds that a request may wait for its turn, where that is less than the scheduler allows. */
    QUEUE_TIMEOUT("x-llmd-queue-timeout-ms", Access.CLIENT),
    /** Frames per second of the videos of a request. */
    VIDEO_FPS("x-llm-d-video-fps", Access.CLIENT),
    /** Length of the videos of a request in seconds. */
    VIDEO_DURATION_SECONDS("x-llm-d-video-duration-seconds", Access.CLIENT),
    /** Size of the frames of the videos of a request, {@code WIDTHxHEIGHT}. */
    VIDEO_RESOLUTION("x-llm-d-video-resolution", Access.CLIENT),
    /** Sticky session token, see the session affinity plugins. */
    SESSION_TOKEN("x-session-token", Access.CLIENT),
    /** {@code if-available} asks for cached decoding only. */
    PREFER("prefer", Access.CLIENT),
    /** The chosen endpoints, as {@code host:port} with commas between. */
    DESTINATION_ENDPOINT("x-gateway-destination-endpoint", Access.INTERNAL),
    /** The endpoints that a proxy allows, as {@code host:port} with commas between. */
    DESTINATION_ENDPOINT_SUBSET("x-gateway-destination-endpoint-subset", Access.INTERNAL),
    /** The endpoint that served a request. */
    DESTINATION_ENDPOINT_SERVED("x-gateway-destination-endpoint-served", Access.INTERNAL),
    /** Scores of the candidates. */
    DESTINATION_ENDPOINT_SCORES("x-gateway-destination-endpoint-scores", Access.INTERNAL),
    /** The prefill endpoint of a disaggregated request. */
    PREFILLER_HOST_PORT("x-prefiller-host-port", Access.INTERNAL, "x-prefiller-url"),
    /** The encode endpoints of a disaggregated request, with commas between. */
    ENCODER_HOSTS_PORTS("x-encoder-hosts-ports", Access.INTERNAL),
    /** The data-parallel rank to reach behind a shared port. */
    DATA_PARALLEL_HOST_PORT("x-data-parallel-host-port", Access.INTERNAL),
    /** The data-parallel rank that a model server shall use. */
    DATA_PARALLEL_RANK("x-data-parallel-rank", Access.INTERNAL),
    /** The endpoint from which KV blocks may be pulled. */
    KV_CACHE_SOURCE_HOST_PORT("x-kv-cache-source-host-port", Access.INTERNAL),
    /** Says on an answer why its prompt was not computed at the prefill endpoint that was chosen for it. */
    DISAGGREGATION_FALLBACK("x-llmd-disaggregation-fallback", Access.INTERNAL),
    /** Selects a scheduling profile by name. */
    PROFILE("epp-profile", Access.TRUSTED),
    /** Selects endpoints in conformance tests. */
    TEST_ENDPOINT_SELECTION("test-epp-endpoint-selection", Access.INTERNAL),
    /** Says on an answer why the request was not served. */
    DROPPED_REASON("x-llm-d-request-dropped-reason", Access.INTERNAL),
    /** How many requests went first when a request began to wait, itself included. */
    QUEUE_POSITION("x-llmd-queue-position", Access.INTERNAL),
    /** How long a request that began to wait was expected to do so, in milliseconds. */
    QUEUE_ESTIMATED_WAIT("x-llmd-queue-estimated-wait-ms", Access.INTERNAL),
    /** How long a request waited for its decision, in milliseconds. */
    QUEUE_WAIT("x-llmd-queue-wait-ms", Access.INTERNAL),
    /** Path of the client's request; gateway to scheduler only. */
    ORIGINAL_PATH("x-original-path", Access.INTERNAL),
    /** Ids of endpoints that an earlier attempt found unusable, with commas between; gateway to scheduler only. */
    EXCLUDED_ENDPOINTS("x-llmd-excluded-endpoints", Access.INTERNAL),
    /** Names one question to the scheduler, so that it can be withdrawn while it waits; gateway to scheduler only. */
    SCHEDULE_TICKET("x-llmd-schedule-ticket", Access.INTERNAL),
    /** Public part of the API key that made the request; never the key. */
    KEY_ID("x-llmd-key-id", Access.INTERNAL),
    /** Tenant of the API key that made the request. */
    TENANT("x-llmd-tenant", Access.INTERNAL),
    /** Priority of the API key that made the request, an integer; an objective of a trusted proxy goes before it. */
    PRIORITY("x-llmd-priority", Access.INTERNAL);

    /** Who may set a header at the edge. */
    public enum Access {
        /** Any client. */
        CLIENT,
        /** Trusted proxies in front of the gateway; removed from the requests of everybody else. */
        TRUSTED,
        /** The suite itself; always removed at the edge. */
        INTERNAL
    }

    private final String wireName;
    private final Access access;
    private final List<String> aliases;

    LlmdHeader(String wireName, Access access, String... aliases) {
        this.wireName = wireName;
        this.access = access;
        this.aliases = List.of(aliases);
    }

    /** Lower-case name on the wire. */
    public String wireName() {
        return wireName;
    }

    /** Who may set the header at the edge. */
    public Access access() {
        return access;
    }

    /** Deprecated lower-case names that readers accept, most preferred first. */
    public List<String> aliases() {
        return aliases;
    }
}
