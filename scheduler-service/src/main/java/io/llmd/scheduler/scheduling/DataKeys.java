package io.llmd.scheduler.scheduling;

import org.jspecify.annotations.Nullable;

/** The data keys of llm-d v0.10 that exist here, with their default producers. */
public final class DataKeys {

    /** Default producer of {@link #prefixMatches}. */
    public static final String APPROX_PREFIX_PRODUCER = "approx-prefix-cache-producer";

    /** Default producer of {@link #inFlightLoads} and {@link #uncachedTokens}. */
    public static final String IN_FLIGHT_PRODUCER = "inflight-load-producer";

    /** Name of {@link #sessionId} in configurations. */
    public static final String SESSION_ID = "SessionIDDataKey";

    /** Default producer of {@link #sessionId}. */
    public static final String SESSION_ID_PRODUCER = "session-id-producer";

    /** Default producer of {@link #topologies}. */
    public static final String TOPOLOGY_PRODUCER = "topology-extractor";

    /** Default producer of {@link #mediaMatches}. */
    public static final String MEDIA_PRODUCER = "mm-embeddings-cache-producer";

    /** Producer of engine metrics and of the numbers that configurations add to them. */
    public static final String CORE_METRICS_PRODUCER = "core-metrics-extractor";

    /** Default producer of {@link #gpuUtilization}. */
    public static final String GPU_PRODUCER = "dcgm-extractor";

    /** Default producer of {@link #servedModels}. */
    public static final String MODELS_PRODUCER = "models-data-extractor";

    /** Number of an endpoint that is a cluster: mean waiting requests behind it. */
    public static final String MULTICLUSTER_QUEUE_SIZE = "llm-d.ai/multicluster-queue-size";

    /** Number of an endpoint that is a cluster: mean used share of the KV caches behind it. */
    public static final String MULTICLUSTER_KV_CACHE_UTILIZATION = "llm-d.ai/multicluster-kv-cache-utilization";

    /** Default producer of {@link #latencyPredictions}. */
    public static final String LATENCY_PRODUCER = "predicted-latency-producer";

    /** Default producer of {@link #timeCosts}. */
    public static final String TIME_COST_PRODUCER = "time-cost-producer";

    private DataKeys() {}

    /** Leading blocks of the prompt that each endpoint holds, as {@code producer} knows it; empty is the default. */
    public static DataKey<PrefixMatches> prefixMatches(String producer) {
        return new DataKey<>(
                "PrefixCacheMatchInfoDataKey", orDefault(producer, APPROX_PREFIX_PRODUCER), PrefixMatches.class);
    }

    /** Load that this scheduler placed on each endpoint; empty producer is the default. */
    public static DataKey<InFlightLoads> inFlightLoads(String producer) {
        return new DataKey<>("InFlightLoadDataKey", orDefault(producer, IN_FLIGHT_PRODUCER), InFlightLoads.class);
    }

    /** Tokens of the request that each endpoint would compute; empty producer is the default. */
    public static DataKey<UncachedTokens> uncachedTokens(String producer) {
        return new DataKey<>(
                "UncachedRequestTokensDataKey", orDefault(producer, IN_FLIGHT_PRODUCER), UncachedTokens.class);
    }

    /** Id of the session that the request belongs to; null producer is the default. */
    public static DataKey<String> sessionId(@Nullable String producer) {
        return new DataKey<>(
                SESSION_ID, orDefault(producer == null ? "" : producer, SESSION_ID_PRODUCER), String.class);
    }

    /** A number that each endpoint has. */
    public static DataKey<EndpointNumbers> numbers(String attribute, String producer) {
        return new DataKey<>(attribute, producer, EndpointNumbers.class);
    }

    /** The endpoint that an earlier profile of the decision chose; written by the profile handler. */
    public static DataKey<PeerEndpoint> peerEndpoint() {
        return new DataKey<>("peer-endpoint", "disagg-profile-handler", PeerEndpoint.class);
    }

    /** Where endpoints run; empty producer is the default. */
    public static DataKey<Topologies> topologies(String producer) {
        return new DataKey<>("Topology", orDefault(producer, TOPOLOGY_PRODUCER), Topologies.class);
    }

    /** Media of the prompt that endpoints have encoded before; empty producer is the default. */
    public static DataKey<MediaMatches> mediaMatches(String producer) {
        return new DataKey<>(
                "MultiModalEncoderCacheMatchInfoKey", orDefault(producer, MEDIA_PRODUCER), MediaMatches.class);
    }

    /** Use of the busiest GPU of each endpoint, in [0, 1]; empty producer is the default. */
    public static DataKey<EndpointNumbers> gpuUtilization(String producer) {
        return numbers("GPUUtilization", orDefault(producer, GPU_PRODUCER));
    }

    /** Models that each endpoint says it serves; empty producer is the default. */
    public static DataKey<ServedModels> servedModels(String producer) {
        return new DataKey<>("/v1/models", orDefault(producer, MODELS_PRODUCER), ServedModels.class);
    }

    /** What the request would take on each endpoint; empty producer is the default. */
    public static DataKey<LatencyPredictions> latencyPredictions(String producer) {
        return new DataKey<>(
                "LatencyPredictionInfoDataKey", orDefault(producer, LATENCY_PRODUCER), LatencyPredictions.class);
    }

    /** What the request would cost on each endpoint; empty producer is the default. */
    public static DataKey<TimeCosts> timeCosts(String producer) {
        return new DataKey<>("TimeCostDataKey", orDefault(producer, TIME_COST_PRODUCER), TimeCosts.class);
    }

    private static String orDefault(String producer, String defaultProducer) {
        return producer.isEmpty() ? defaultProducer : producer;
    }
}
