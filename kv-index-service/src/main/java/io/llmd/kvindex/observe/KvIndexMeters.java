package io.llmd.kvindex.observe;

import io.micrometer.common.docs.KeyName;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.docs.MeterDocumentation;

/** All meters of the KV index. Names that begin with {@code kv_cache} are llm-d's, the others are our own. */
public enum KvIndexMeters implements MeterDocumentation {
    /** Blocks that events stored, copies of present ones included. */
    ADMISSIONS("kv_cache_index_admissions", Meter.Type.COUNTER),
    /** Blocks that events removed. */
    EVICTIONS("kv_cache_index_evictions", Meter.Type.COUNTER),
    /** Queries that were answered. */
    LOOKUPS("kv_cache_index_lookup_requests", Meter.Type.COUNTER),
    /** Leading blocks that the endpoint with most of them held, added up over queries. */
    LOOKUP_HITS("kv_cache_index_lookup_hits", Meter.Type.COUNTER),
    /** The same; llm-d counts it under two names. */
    MAX_POD_HITS("kv_cache_index_max_pod_hit_count", Meter.Type.COUNTER),
    /** Time of answering a query, without reading it. */
    LOOKUP_LATENCY("kv_cache_index_lookup_latency", Meter.Type.TIMER),
    /** Removals after which an endpoint holds another copy of the block. */
    REMOVALS_SUPPRESSED("kv_cache_events_dedup_removed_hashes_suppressed", Meter.Type.COUNTER),
    /** Removals of the last copy. */
    REMOVALS_FORWARDED("kv_cache_events_dedup_removed_hashes_forwarded", Meter.Type.COUNTER),
    /** Stored events or blocks that were left out. */
    STORES_SKIPPED("kv_cache_events_stores_skipped", Meter.Type.COUNTER, "reason"),
    /** Removed blocks that were left out. */
    REMOVALS_SKIPPED("kv_cache_events_removals_skipped", Meter.Type.COUNTER, "reason"),
    /** Engines that this process is connected to. */
    SUBSCRIBERS("kv_cache_events_active_subscribers", Meter.Type.GAUGE),
    /** Connections to an engine after its first. */
    RECONNECTIONS("kv_cache_events_subscriber_reconnections", Meter.Type.COUNTER, "pod_identifier"),
    /** Batches that came from an engine, repetitions included. */
    MESSAGES("kv_cache_events_messages_received", Meter.Type.COUNTER, "pod_identifier"),
    /** What went wrong on the way from an engine. */
    ZMQ_ERRORS("kv_cache_events_zmq_errors", Meter.Type.COUNTER, "pod_identifier", "operation"),

    /** Distinct blocks in the index. */
    BLOCKS("kvindex.blocks", Meter.Type.GAUGE),
    /** Blocks that endpoints hold, added up over endpoints and tiers. */
    MEMBERSHIPS("kvindex.memberships", Meter.Type.GAUGE),
    /** Memory in use for blocks. */
    MEMORY("kvindex.memory", Meter.Type.GAUGE),
    /** Memory that may be used for blocks. */
    MAX_MEMORY("kvindex.memory.max", Meter.Type.GAUGE),
    /** Blocks forgotten because the memory was used up. */
    EVICTED_BLOCKS("kvindex.evicted.blocks", Meter.Type.COUNTER),
    /** Times that a rank had KV-cache groups whose rules are not followed: nothing that it holds counts as reusable. */
    UNFOLLOWED_RULES("kvindex.unfollowed.rules", Meter.Type.COUNTER),
    /** Data-parallel ranks by how well they are known. */
    SOURCES("kvindex.sources", Meter.Type.GAUGE, "state"),
    /** Batches of an engine that are published and not applied. */
    SOURCE_LAG("kvindex.source.lag", Meter.Type.GAUGE, "endpoint", "rank"),
    /** What happened to the streams of engines. */
    SOURCE_EVENTS("kvindex.source.events", Meter.Type.COUNTER, "event"),
    /** Events that could not be used. */
    EVENT_DROPS("kvindex.event.drops", Meter.Type.COUNTER, "reason"),
    /** Data-parallel ranks that this process reads. */
    OWNED_LANES("kvindex.lanes.owned", Meter.Type.GAUGE),
    /** Records of changes that were given to Kafka, and those that arrived there. */
    LOG_RECORDS("kvindex.log.records", Meter.Type.COUNTER, "outcome"),
    /** Bytes of these records. */
    LOG_SENT("kvindex.log.sent", Meter.Type.COUNTER),
    /** Snapshots of lanes by whether they came into the log. */
    SNAPSHOTS("kvindex.snapshots", Meter.Type.COUNTER, "outcome"),
    /** Lanes that had to be published anew because a record was lost. */
    LOST_TERMS("kvindex.terms.lost", Meter.Type.COUNTER),
    /** What a replica met in the log. */
    LOG_EVENTS("kvindex.log.events", Meter.Type.COUNTER, "event"),
    /** Time from writing a record until it is visible here. */
    EVENT_LAG("kvindex.event.lag", Meter.Type.TIMER),
    /** Times that a lane is known badly until its owner's next snapshot. */
    SNAPSHOTS_NEEDED("kvindex.snapshots.needed", Meter.Type.COUNTER);

    private final String name;
    private final Meter.Type type;
    private final KeyName[] keys;

    KvIndexMeters(String name, Meter.Type type, String... tags) {
        this.name = name;
        this.type = type;
        keys = new KeyName[tags.length];
        for (int i = 0; i < tags.length; i++) {
            String tag = tags[i];
            keys[i] = () -> tag;
        }
    }

    @Override
    public String getName() {
        return name;
    }

    @Override
    public Meter.Type getType() {
        return type;
    }

    @Override
    public KeyName[] getKeyNames() {
        return keys.clone();
    }
}
