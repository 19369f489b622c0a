package io.llmd.simulator.server;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.engine.EngineSnapshot;
import io.llmd.simulator.fault.FaultSwitch;
import io.llmd.simulator.kvevents.AdapterPaths;
import io.llmd.simulator.kvevents.KvEventPublisher;
import io.llmd.simulator.metrics.MeterPage;
import io.llmd.simulator.metrics.NixlMeters;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The data-parallel ranks of an endpoint, and the spreading of requests over them. Ids of sequences tell their rank.
 * Safe from any thread.
 */
final class EngineRanks {
    private static final int WAITING_WEIGHT = 4;

    private final int size;
    private final List<EngineRank> ranks;
    private final AtomicLong ids = new AtomicLong();

    private EngineRanks(int size, List<EngineRank> ranks) {
        this.size = size;
        this.ranks = List.copyOf(ranks);
    }

    /**
     * Starts the engines of an endpoint, or none.
     *
     * @throws java.io.UncheckedIOException if a port of an engine cannot be bound
     */
    static EngineRanks start(
            SimulatorSettings settings, SimulatorRuntime runtime, AdapterPaths paths, FaultSwitch faults) {
        String engineId = HandoffPort.engineId(settings.handoff());
        List<EngineRank> started = new ArrayList<>();
        try {
            for (int rank : settings.dataParallel().ranks()) {
                started.add(new EngineRank(settings, rank, engineId, runtime, paths, faults));
            }
        } catch (RuntimeException e) {
            started.forEach(EngineRank::close);
            throw e;
        }
        return new EngineRanks(settings.dataParallel().size(), started);
    }

    /**
     * The rank for a request.
     *
     * @param wanted value of the header that pins it; what is no number counts for nothing
     * @throws ApiException if there is no such rank
     */
    EngineRank choose(@Nullable String wanted) {
        Long number = number(wanted);
        if (number == null) {
            return leastLoaded();
        }
        if (number < 0 || number >= size) {
            throw ApiException.badRequest("data_parallel_rank " + number + " is out of range [0, " + size + ").", null);
        }
        return ranks.size() == 1 ? ranks.getFirst() : ranks.get(number.intValue());
    }

    private static @Nullable Long number(@Nullable String text) {
        try {
            return text == null ? null : Long.valueOf(text.strip());
        } catch (NumberFormatException e) {
            return null;
        }
    }

    /** As in vLLM: four times what waits, and what runs; what is on the way counts as waiting. */
    private EngineRank leastLoaded() {
        EngineRank best = ranks.getFirst();
        for (EngineRank rank : ranks) {
            best = load(rank) < load(best) ? rank : best;
        }
        return best;
    }

    private static int load(EngineRank rank) {
        int running = rank.snapshot().running();
        return running + WAITING_WEIGHT * Math.max(0, rank.inProgress() - running);
    }

    /** An id for a sequence of a rank. */
    long newId(EngineRank rank) {
        return ids.incrementAndGet() * ranks.size() + ranks.indexOf(rank);
    }

    /** The rank of a sequence. */
    EngineRank of(long id) {
        return ranks.get((int) (id % ranks.size()));
    }

    List<EngineRank> all() {
        return ranks;
    }

    EngineRank first() {
        return ranks.getFirst();
    }

    List<EngineSnapshot> snapshots() {
        return ranks.stream().map(EngineRank::snapshot).toList();
    }

    /** Where the ranks publish KV events; empty if they do not. */
    List<KvEventPublisher> kvEvents() {
        return ranks.stream().map(EngineRank::kvEvents).filter(Objects::nonNull).toList();
    }

    /** Whether one of the engines has ended. */
    boolean haveEnded() {
        return ranks.stream().anyMatch(rank -> rank.engine().hasEnded());
    }

    /** A figure of all engines together. */
    int sum(ToIntFunction<EngineSnapshot> figure) {
        return ranks.stream().map(EngineRank::snapshot).mapToInt(figure).sum();
    }

    List<MeterPage.EngineState> states() {
        return ranks.stream().map(EngineRank::state).toList();
    }

    /** The meters of side channels, as text; empty without. */
    String nixlMeters() {
        List<NixlMeters> meters = ranks.stream()
                .flatMap(rank -> rank.transfers().meters().stream())
                .toList();
        return meters.isEmpty() ? "" : NixlMeters.scrape(meters);
    }

    void close() {
        ranks.forEach(EngineRank::close);
    }
}
