package io.llmd.simulator.server;

import io.llmd.simulator.config.DataParallelSettings;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.engine.BlockHasher;
import io.llmd.simulator.engine.EngineEvent;
import io.llmd.simulator.engine.EngineSettings;
import io.llmd.simulator.engine.EngineSink;
import io.llmd.simulator.engine.EngineSnapshot;
import io.llmd.simulator.fault.FaultListener;
import io.llmd.simulator.fault.FaultSwitch;
import io.llmd.simulator.kvevents.AdapterPaths;
import io.llmd.simulator.kvevents.KvEventPublisher;
import io.llmd.simulator.kvevents.KvEventSettings;
import io.llmd.simulator.kvevents.PublishedCache;
import io.llmd.simulator.metrics.EngineMeters;
import io.llmd.simulator.metrics.MeterPage;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** One data-parallel rank of an endpoint: an engine with its meters, its events, its side channel and its faults. */
final class EngineRank {
    private final int rank;
    private final EngineMeters meters;
    private final @Nullable PublishedCache cache;
    private final RunningEngine engine;
    private final BlockHasher hasher;
    private final List<FaultListener> faultListeners;
    private final TransferPorts transfers;
    private final FaultSwitch faults;
    private final AtomicInteger inProgress = new AtomicInteger();

    /**
     * Starts an engine.
     *
     * @param engineId of the endpoint, which those of several ranks derive theirs from
     * @throws java.io.UncheckedIOException if a port of the engine cannot be bound
     */
    EngineRank(
            SimulatorSettings settings,
            int rank,
            String engineId,
            SimulatorRuntime runtime,
            AdapterPaths paths,
            FaultSwitch faults) {
        this.rank = rank;
        this.faults = faults;
        meters = new EngineMeters(settings, rank, InstantSource.system());
        cache = published(settings, rank, runtime, paths);
        try {
            hasher = cache == null ? settings.engine().hasher() : cache.hasher();
            engine = engine(settings, runtime);
            transfers = openTransfers(settings, engineId, runtime);
        } catch (RuntimeException e) {
            closeCache();
            throw e;
        }
        faultListeners = new ArrayList<>(List.of(new EngineFaults(engine, settings.engine(), kvEvents())));
        faultListeners.addAll(transfers.troubles());
        faultListeners.forEach(faults::listen);
    }

    private RunningEngine engine(SimulatorSettings settings, SimulatorRuntime runtime) {
        List<EngineSink> listeners = new ArrayList<>(List.<EngineSink>of(meters, transferSink(settings)));
        if (cache != null) {
            listeners.add(cache.feed());
        }
        EngineSettings engineSettings = settings.engine().withHasher(hasher);
        return new RunningEngine(
                settings.servedModelName(), engineSettings, runtime.driver(), listeners, meters::observe);
    }

    private static @Nullable PublishedCache published(
            SimulatorSettings settings, int rank, SimulatorRuntime runtime, AdapterPaths paths) {
        KvEventSettings events = settings.kvEvents();
        return events == null
                ? null
                : PublishedCache.open(
                        runtime.kvEvents(),
                        events,
                        settings.blockHashing(),
                        rank,
                        settings.engine().blockTokens(),
                        paths,
                        InstantSource.system(),
                        new SecureRandom());
    }

    private TransferPorts openTransfers(SimulatorSettings settings, String engineId, SimulatorRuntime runtime) {
        try {
            return TransferPorts.open(
                    settings, ownId(settings.dataParallel(), engineId), rank, runtime, engine, hasher);
        } catch (RuntimeException e) {
            engine.closeLater();
            throw e;
        }
    }

    private String ownId(DataParallelSettings ranks, String engineId) {
        return ranks.size() == 1 ? engineId : engineId + "_dp" + rank;
    }

    private EngineSink transferSink(SimulatorSettings settings) {
        boolean needsBlocks = HandoffPort.needsBlocks(settings.handoff());
        return new EngineSink() {
            @Override
            public void accept(EngineEvent event) {
                transfers.hear(event);
            }

            @Override
            public boolean blocks() {
                return needsBlocks;
            }

            @Override
            public boolean blockTokens() {
                return false;
            }
        };
    }

    int rank() {
        return rank;
    }

    RunningEngine engine() {
        return engine;
    }

    EngineMeters meters() {
        return meters;
    }

    EngineSnapshot snapshot() {
        return engine.snapshot();
    }

    MeterPage.EngineState state() {
        return new MeterPage.EngineState(meters, engine.reported(), engine.lagSeconds());
    }

    TransferPorts transfers() {
        return transfers;
    }

    @Nullable
    KvEventPublisher kvEvents() {
        return cache == null ? null : cache.publisher();
    }

    /** Notes that so many sequences came, or left if negative. */
    void inProgress(int change) {
        inProgress.addAndGet(change);
    }

    /** Sequences that were given to it and have not left. */
    int inProgress() {
        return inProgress.get();
    }

    void close() {
        faultListeners.forEach(faults::forget);
        transfers.close();
        engine.closeLater();
        closeCache();
    }

    private void closeCache() {
        if (cache != null) {
            cache.close();
        }
    }
}
