package io.llmd.kvindex.ingest;

import io.llmd.kv.ingest.direct.PoolSettings;
import io.llmd.kv.ingest.kafka.KafkaConnection;
import io.llmd.kv.ingest.kafka.KvTopics;
import io.llmd.kv.ingest.kafka.LaneDescription;
import io.llmd.kv.ingest.kafka.LaneRegistry;
import io.llmd.kv.ingest.kafka.LaneSpec;
import io.llmd.kv.ingest.owner.OwnerSettings;
import io.llmd.kv.lane.CopyCounting;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the topics of a pool and registers its lanes, on a thread of its own, and tries again each second while the brokers
 * do not answer. The newest list counts: lanes of the pool that are not in it are said to be gone.
 */
final class LaneRegistrar implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(LaneRegistrar.class);
    private static final long RETRY_MILLIS = 1_000;

    private final KafkaSettings settings;
    private final Runnable topicsMade;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("kv-lane-registrar").factory());
    private @Nullable LaneRegistry registry;
    private boolean hasTopics;
    private volatile @Nullable List<EngineSource> wanted;
    private @Nullable List<EngineSource> registered;
    private volatile boolean isTroubled;

    /** @param topicsMade called once, on this class's thread */
    LaneRegistrar(KafkaSettings settings, Runnable topicsMade) {
        this.settings = settings;
        this.topicsMade = topicsMade;
    }

    void start() {
        thread.scheduleWithFixedDelay(this::work, 0, RETRY_MILLIS, TimeUnit.MILLISECONDS);
    }

    void want(List<EngineSource> sources) {
        wanted = List.copyOf(sources);
        thread.execute(this::work);
    }

    /** Whether the last attempt failed. */
    boolean isTroubled() {
        return isTroubled;
    }

    private void work() {
        try {
            if (!hasTopics) {
                new KvTopics(settings.pool()).create(settings.connection(), settings.layout());
                topicsMade.run();
                hasTopics = true;
            }
            List<EngineSource> now = wanted;
            if (now != null && !now.equals(registered)) {
                register(now);
                registered = now;
            }
            isTroubled = false;
        } catch (KafkaException e) {
            isTroubled = true;
            LOG.atWarn().addKeyValue("reason", e.getMessage()).log("lanes cannot be registered now");
        } catch (RuntimeException e) {
            isTroubled = true;
            LOG.atError().setCause(e).log("lanes were not registered");
        }
    }

    private void register(List<EngineSource> sources) {
        LaneRegistry open = registry(settings.connection());
        List<LaneSpec> specs = sources.stream().map(this::spec).toList();
        open.register(specs);
        Set<String> ids = specs.stream().map(LaneSpec::id).collect(Collectors.toUnmodifiableSet());
        List<String> gone = open.lanes(settings.pool()).stream()
                .map(LaneDescription::id)
                .filter(id -> !ids.contains(id))
                .toList();
        open.remove(gone);
        LOG.atInfo().addKeyValue("count", ids.size()).log("lanes registered");
    }

    private LaneRegistry registry(KafkaConnection connection) {
        LaneRegistry open = registry;
        if (open == null) {
            open = new LaneRegistry(connection, new Random());
            registry = open;
        }
        return open;
    }

    /** An engine at another address is another lane: what is known of the one before it says nothing about it. */
    private LaneSpec spec(EngineSource source) {
        PoolSettings pool = settings.owner().pool();
        LaneSpec spec = new LaneSpec(
                settings.pool() + "/" + source.endpoint() + "@" + source.address() + "#" + source.rank(),
                settings.pool(),
                source.endpoint(),
                "",
                source.rank(),
                pool.model(),
                pool.blockTokens(),
                OwnerSettings.keyMode(pool),
                "tcp://" + source.address(),
                source.replayAddress() == null ? "" : "tcp://" + source.replayAddress());
        return spec.withCounting(new CopyCounting(pool.removalMode(), pool.offloadChunkBlocks()));
    }

    @Override
    public void close() {
        thread.execute(() -> {
            if (registry != null) {
                registry.close();
            }
        });
        thread.shutdown();
        try {
            if (!thread.awaitTermination(2, TimeUnit.SECONDS)) {
                thread.shutdownNow();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
