package io.llmd.contracts.prefix;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * How the index follows one data-parallel rank of an endpoint.
 *
 * @param endpoint id of the endpoint
 * @param rank data-parallel rank
 * @param state {@code exact}, {@code catching_up} or {@code degraded}; of lanes that come over Kafka also {@code stale},
 *     {@code waiting} or {@code silent}
 * @param connected whether this process has a connection to the engine
 * @param complete whether all that the endpoint holds is known
 * @param epoch lives of the engine that were seen, from 0
 * @param sequence number of the engine's batch that was applied last; -1 for none
 * @param lagBatches batches that are known to be published and are not applied
 * @param lagMillis how old the last news are, over Kafka; 0 when read directly
 * @param blocks blocks held, by tier
 * @param counters what has happened, by name
 * @param drops events that could not be used, by reason; reasons without any are left out
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record KvSource(
        String endpoint,
        int rank,
        String state,
        boolean connected,
        boolean complete,
        int epoch,
        long sequence,
        long lagBatches,
        long lagMillis,
        TierBlocks blocks,
        Map<String, Long> counters,
        Map<String, Long> drops) {

    public KvSource {
        counters = Collections.unmodifiableMap(new TreeMap<>(counters));
        drops = Collections.unmodifiableMap(new TreeMap<>(drops));
    }
}
