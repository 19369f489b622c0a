package io.llmd.simulator.metrics;

import io.llmd.simulator.config.KvConnector;
import io.llmd.simulator.config.VersionPreset;
import io.llmd.simulator.engine.EngineEvent;
import io.llmd.simulator.engine.EngineSink;
import io.llmd.simulator.engine.LeaseEnd;
import io.llmd.simulator.metrics.Exposition.Labels;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * The meters of one engine that exchanges KV blocks with others, under vLLM's names. Hears the engine's events; a short
 * lock lies between the threads that count and those that read.
 */
public final class NixlMeters implements EngineSink {
    private static final double[] TRANSFER = {.005, .01, .025, .05, .075, .1, .2, .3, .5, .75, 1, 5};
    private static final double[] POST = {.001, .005, .01, .025, .05, .075, .1, .2, .3, .5, .75, 1, 5};
    private static final double[] DESCRIPTORS = {
        10, 20, 30, 50, 75, 100, 200, 400, 1000, 2000, 4000, 10_000, 20_000, 50_000
    };

    private final Labels labels;
    private final KvConnector connector;
    private final VersionPreset version;
    private final double startSeconds;
    private final Histogram transferTime = new Histogram(TRANSFER);
    private final Histogram postTime = new Histogram(POST);
    private final Histogram bytes = new Histogram(bytesBounds());
    private final Histogram descriptors = new Histogram(DESCRIPTORS);
    private long failedTransfers;
    private long failedNotifications;
    private long expired;
    private long lateNotifications;
    private long externalQueries;
    private long externalHits;
    private long incomplete;
    private final Map<FetchStage, Integer> fetching = new EnumMap<>(FetchStage.class);

    /**
     * @param connector decides what is shown beyond that which all of them have
     * @param rank data-parallel rank of the engine
     * @param version decides which meters are shown
     * @param start when they began to count
     */
    public NixlMeters(KvConnector connector, String modelName, int rank, VersionPreset version, Instant start) {
        this.connector = connector;
        labels = Labels.of(Map.of("model_name", modelName, "engine", Integer.toString(rank)));
        this.version = version;
        startSeconds = start.getEpochSecond() + start.getNano() / 1e9;
    }

    private static double[] bytesBounds() {
        double[] bounds = new double[12];
        for (int i = 0; i < bounds.length; i++) {
            bounds[i] = 1L << (11 + 2 * i);
        }
        return bounds;
    }

    /** One GPU has read what it was to read for a request. */
    public synchronized void transferred(double seconds, double postSeconds, long size, long count) {
        transferTime.observe(seconds);
        postTime.observe(postSeconds);
        bytes.observe(size);
        descriptors.observe(count);
    }

    /** A handshake or a transfer failed. */
    public synchronized void transferFailed() {
        failedTransfers++;
    }

    /** A holder could not be told; vLLM counts this among the failed transfers too. */
    public synchronized void notificationFailed() {
        failedTransfers++;
        failedNotifications++;
    }

    /** Another engine has read blocks that were no longer held for it. */
    public synchronized void notifiedTooLate() {
        lateNotifications++;
    }

    /**
     * A request got on with its blocks.
     *
     * @param before where it was; absent for a new one
     * @param now where it is; absent if it runs, or needs no blocks any longer
     */
    public synchronized void fetching(@Nullable FetchStage before, @Nullable FetchStage now) {
        if (before != null) {
            fetching.merge(before, -1, Integer::sum);
        }
        if (now != null) {
            fetching.merge(now, 1, Integer::sum);
        }
    }

    /** A request was to read blocks, but did not say enough to find them. */
    public synchronized void incompleteHandoff() {
        incomplete++;
    }

    @Override
    public synchronized void accept(EngineEvent event) {
        switch (event) {
            case EngineEvent.Scheduled scheduled -> scheduled(scheduled);
            case EngineEvent.LoadWanted load -> {
                // what has to be looked up first counts when it is known
                externalQueries += connector == KvConnector.OFFLOADING ? 0 : load.tokens();
                externalHits += connector == KvConnector.OFFLOADING ? 0 : load.tokens();
            }
            case EngineEvent.LeaseEnded end -> expired += end.cause() == LeaseEnd.EXPIRED ? 1 : 0;
            case EngineEvent.TokenProduced _,
                    EngineEvent.Preempted _,
                    EngineEvent.Finished _,
                    EngineEvent.BlocksStored _,
                    EngineEvent.BlocksRemoved _,
                    EngineEvent.BlocksCleared _,
                    EngineEvent.StepCompleted _ -> {
                // has nothing to do with other engines
            }
        }
    }

    private void scheduled(EngineEvent.Scheduled scheduled) {
        int missing = scheduled.promptTokens() - scheduled.cachedTokens();
        if (connector == KvConnector.OFFLOADING) {
            externalQueries += missing;
            externalHits += scheduled.loadedTokens();
        } else {
            externalQueries += scheduled.loadedTokens() > 0 ? 0 : missing;
        }
    }

    /** The exposition of several engines, meter by meter; empty if there are none. */
    public static String scrape(List<NixlMeters> engines) {
        if (engines.isEmpty()) {
            return "";
        }
        NixlMeters first = engines.getFirst();
        Exposition out = new Exposition(first::shows, first.startSeconds);
        for (NixlMeters meters : engines) {
            meters.writeStages(out);
        }
        counter(
                out,
                engines,
                "vllm:external_prefix_cache_queries",
                "External prefix cache queries from KV connector cross-instance cache sharing, in terms of number of"
                        + " queried tokens.",
                meters -> meters.externalQueries);
        counter(
                out,
                engines,
                "vllm:external_prefix_cache_hits",
                "External prefix cache hits from KV connector cross-instance cache sharing, in terms of number of"
                        + " cached tokens.",
                meters -> meters.externalHits);
        histogram(
                out,
                engines,
                "vllm:nixl_xfer_time_seconds",
                "Histogram of transfer duration for NIXL KV Cache transfers.",
                meters -> meters.transferTime);
        histogram(
                out,
                engines,
                "vllm:nixl_post_time_seconds",
                "Histogram of transfer post time for NIXL KV Cache transfers.",
                meters -> meters.postTime);
        histogram(
                out,
                engines,
                "vllm:nixl_bytes_transferred",
                "Histogram of bytes transferred per NIXL KV Cache transfers.",
                meters -> meters.bytes);
        histogram(
                out,
                engines,
                "vllm:nixl_num_descriptors",
                "Histogram of number of descriptors per NIXL  KV Cache transfers.",
                meters -> meters.descriptors);
        counter(
                out,
                engines,
                "vllm:nixl_num_failed_transfers",
                "Number of failed NIXL KV Cache transfers, including handshake and notification failures. NOTE: KV"
                        + " expiry is tracked separately in vllm:nixl_num_kv_expired_reqs.",
                meters -> meters.failedTransfers);
        counter(
                out,
                engines,
                "vllm:nixl_num_failed_notifications",
                "Number of failed NIXL KV Cache notifications. Retained for compatibility; these failures are also"
                        + " included in vllm:nixl_num_failed_transfers.",
                meters -> meters.failedNotifications);
        counter(
                out,
                engines,
                "vllm:nixl_num_kv_expired_reqs",
                "Number of requests that had their KV expire. NOTE: This metric is tracked on the P instance.",
                meters -> meters.expired);
        counter(
                out,
                engines,
                "vllm:nixl_num_notifications_after_expiry",
                "Number of completion notifications for requests that were no longer tracked, usually because their KV"
                        + " lease expired. The KV blocks may have been reused before the transfer finished. Counted per"
                        + " notification (one per remote rank), not per request.",
                meters -> meters.lateNotifications);
        counter(
                out,
                engines,
                "sim_incomplete_handoffs",
                "Requests that were to read blocks but did not say enough to find them.",
                meters -> meters.incomplete);
        return out.toString();
    }

    private boolean shows(String meter) {
        return version.shows(meter) && (connector.isNixl() || !meter.startsWith("vllm:nixl_"));
    }

    private synchronized void writeStages(Exposition out) {
        out.gauge(
                "vllm:num_requests_kv_fetch_by_stage",
                "Number of waiting requests by async KV load stage. Stage labels: 'waiting_to_start' = needs an async"
                        + " KV load that has not started; 'in_progress' = load started and not yet reported finished;"
                        + " 'completed_waiting' = load finished, request not running yet.");
        for (FetchStage stage : FetchStage.values()) {
            out.value(labels.with("stage", stage.wireName()), fetching.getOrDefault(stage, 0));
        }
    }

    private static void counter(
            Exposition out, List<NixlMeters> engines, String name, String help, ToDoubleFunction<NixlMeters> value) {
        out.counter(name, help);
        for (NixlMeters meters : engines) {
            synchronized (meters) {
                out.count(meters.labels, value.applyAsDouble(meters));
            }
        }
    }

    private static void histogram(
            Exposition out, List<NixlMeters> engines, String name, String help, HistogramOf histogram) {
        for (NixlMeters meters : engines) {
            Histogram.Counts counts;
            synchronized (meters) {
                counts = histogram.of(meters).copy();
            }
            out.meter(name, "histogram", help).histogram(meters.labels, counts);
        }
    }

    private interface HistogramOf {
        Histogram of(NixlMeters meters);
    }
}
