package io.llmd.simulator.kvevents;

import io.llmd.kv.event.KvHashForm;
import io.llmd.kv.hash.HashDomain;
import io.llmd.simulator.engine.BlockHasher;
import io.llmd.simulator.engine.EngineSink;
import java.time.Instant;
import java.time.InstantSource;
import java.util.random.RandomGenerator;

/** The cache of one engine rank as the outside follows it: names of blocks, events, and where these are published. */
public final class PublishedCache implements AutoCloseable {
    private final KvEventPublisher publisher;
    private final BlockHasher hasher;
    private final KvEventFeed feed;

    private PublishedCache(KvEventPublisher publisher, BlockHasher hasher, KvEventFeed feed) {
        this.publisher = publisher;
        this.hasher = hasher;
        this.feed = feed;
    }

    /**
     * Opens the sockets of a rank.
     *
     * @param random for the root of block hashes that nobody else shall know
     * @throws IllegalArgumentException for an address that cannot be used
     */
    public static PublishedCache open(
            KvEventLoop loop,
            KvEventSettings settings,
            BlockHashing hashing,
            int rank,
            int blockTokens,
            AdapterPaths paths,
            InstantSource clock,
            RandomGenerator random) {
        HashDomain domain = hashing.domain(random);
        DigestLedger digests = settings.format().hashForm() == KvHashForm.DIGEST
                ? DigestLedger.whole(domain, blockTokens)
                : DigestLedger.IDS;
        KvEventPublisher publisher = loop.open(settings, rank);
        return new PublishedCache(
                publisher,
                new VllmBlockHasher(domain, blockTokens, paths),
                new KvEventFeed(publisher, blockTokens, paths, () -> seconds(clock.instant()), digests));
    }

    private static double seconds(Instant now) {
        return now.getEpochSecond() + now.getNano() / 1e9;
    }

    /** Names the engine's blocks. */
    public BlockHasher hasher() {
        return hasher;
    }

    /** Hears of the engine's blocks. */
    public EngineSink feed() {
        return feed;
    }

    /** Where the events go; takes faults. */
    public KvEventPublisher publisher() {
        return publisher;
    }

    @Override
    public void close() {
        publisher.close();
    }
}
