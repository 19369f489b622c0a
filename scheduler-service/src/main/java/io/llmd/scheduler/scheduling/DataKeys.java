package io.llmd.scheduler.scheduling;

/** The data keys of llm-d v0.10 that exist here, with their default producers. */
public final class DataKeys {

    /** Default producer of {@link #prefixMatches}. */
    public static final String APPROX_PREFIX_PRODUCER = "approx-prefix-cache-producer";

    /** Default producer of {@link #inFlightLoads} and {@link #uncachedTokens}. */
    public static final String IN_FLIGHT_PRODUCER = "inflight-load-producer";

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

    private static String orDefault(String producer, String defaultProducer) {
        return producer.isEmpty() ? defaultProducer : producer;
    }
}
