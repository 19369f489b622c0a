package io.llmd.kv.ingest.direct;

import io.llmd.kv.delta.SnapshotChunks;
import io.llmd.kv.delta.SnapshotCut;
import io.llmd.kv.delta.SnapshotSet;
import io.llmd.kv.event.EventTopic;
import io.llmd.kv.event.KvEventDecoder;
import io.llmd.kv.event.StorageTier;
import io.llmd.kv.index.BlockIndex;
import io.llmd.kv.index.IndexLane;
import io.llmd.kv.ingest.FeedPosition;
import io.llmd.kv.ingest.GapPolicy;
import io.llmd.kv.ingest.LaneReader;
import io.llmd.kv.ingest.SourceState;
import io.llmd.kv.ingest.zmq.EventSources;
import io.llmd.kv.ingest.zmq.SourceStatus;
import io.llmd.kv.ingest.zmq.ZmqSource;
import io.llmd.kv.ingest.zmq.ZmqSources;
import io.llmd.kv.key.KeyHasher;
import io.llmd.kv.lane.HashResolver;
import io.llmd.kv.lane.LaneSettings;
import io.llmd.kv.lane.LaneState;
import io.llmd.kv.lane.RemovalMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An index that follows the sockets of engines, with one thread for all of them. Safe from any thread.
 *
 * <p>Grows with the blocks that engines hold: some 25 bytes per distinct block for look-ups ({@link BlockIndex}), and some 27
 * per engine and block for following removals ({@link LaneState}).
 */
public final class DirectIndex implements AutoCloseable {

    private static final long NAMES_MAX_AGE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final int FIRST_TERM = 1;

    /** Names of adapters that are remembered; a pool has some hundreds. */
    private static final int MAX_ADAPTERS = 10_000;

    /** What a lane is made of. */
    private record Member(
            ZmqSource source,
            LaneSettings settings,
            HashResolver resolver,
            IndexLane lane,
            LaneReader reader,
            SweepingTarget target) {

        LaneKey key() {
            return new LaneKey(source.endpoint(), source.rank());
        }
    }

    /** Base models by the topics, and when they were read. */
    private record BaseModels(Set<String> names, long atNanos) {}

    private final PoolSettings settings;
    private final LongSupplier nanoClock;
    private final KeyHasher hasher;
    private final long baseRoot;
    private final BlockIndex index;
    private final EventSources sources;
    private final KvEventDecoder decoder = new KvEventDecoder();
    private final Map<LaneKey, Member> members = new ConcurrentHashMap<>();
    private final Set<String> adapters = ConcurrentHashMap.newKeySet();
    private volatile BaseModels baseModels = new BaseModels(Set.of(), 0);

    private record LaneKey(String endpoint, int rank) {}

    /**
     * How a lane fares.
     *
     * @param source its connections and sequence numbers
     * @param lane what the index knows of it
     * @param reader what its events were
     */
    public record Lane(SourceStatus source, IndexLane lane, LaneReader reader) {}

    /** An index that dials the engines' sockets. @param nanoClock monotonic clock */
    public DirectIndex(PoolSettings settings, LongSupplier nanoClock) {
        this(settings, nanoClock, new ZmqSources(settings.zmq()));
    }

    /**
     * An index whose batches come another way than over sockets, such as in virtual time.
     *
     * @param nanoClock monotonic clock
     * @param sources closed with the index
     */
    public DirectIndex(PoolSettings settings, LongSupplier nanoClock, EventSources sources) {
        this.settings = settings;
        this.nanoClock = nanoClock;
        hasher = KeyHasher.of(settings.keyMode(), settings.seed());
        baseRoot = hasher.root(settings.model());
        index = new BlockIndex(settings.index());
        this.sources = sources;
    }

    /** Looks blocks up. */
    public BlockIndex index() {
        return index;
    }

    /** Computes the keys that the index knows. */
    public KeyHasher hasher() {
        return hasher;
    }

    /** Tokens per block. */
    public int blockTokens() {
        return settings.blockTokens();
    }

    /**
     * Follows an engine from now on.
     *
     * @return what the index knows of it
     * @throws IllegalArgumentException when its endpoint and rank are followed already
     */
    public IndexLane add(ZmqSource source) {
        return add(source, laneSettings(), HashResolver.NONE, null);
    }

    /**
     * Follows a storage that endpoints share from now on. Its events name blocks by the engines' hashes; what these stand for
     * is asked of the lanes of engines, so that blocks of an engine that is not followed any more stay unknown.
     *
     * @param source how the storage publishes; its endpoint is a name of its own
     * @return what the index knows of it, all of it in {@link StorageTier#STORAGE}
     * @throws IllegalArgumentException when its name is followed already
     */
    public IndexLane addStorage(ZmqSource source) {
        // What is stored outlives its publisher, and nobody announces it again.
        LaneSettings storage =
                laneSettings().withRemovalMode(RemovalMode.LOGICAL).withStorageShared(true);
        ZmqSource kept =
                source.withSettings(source.settings().withFirstSequence(1).withGapPolicy(GapPolicy.KEEP));
        return add(kept, storage, this::keyOf, null);
    }

    private LaneSettings laneSettings() {
        return LaneSettings.of(hasher, settings.model(), settings.blockTokens())
                .withRemovalMode(settings.removalMode())
                .withOffloadChunkBlocks(settings.offloadChunkBlocks());
    }

    /**
     * The key of an engine's hash as all lanes have it that know the hash; 0 when none does or they differ, as engines with
     * random seeds may. For the sources' thread.
     */
    private long keyOf(long engineHash) {
        long key = 0;
        for (Member member : members.values()) {
            long known = member.reader().lane().keyOf(engineHash);
            if (known != 0 && key != 0 && known != key) {
                return 0;
            }
            key = known != 0 ? known : key;
        }
        return key;
    }

    private IndexLane add(
            ZmqSource source, LaneSettings laneSettings, HashResolver resolver, @Nullable SnapshotSet known) {
        Member member = member(source, laneSettings, resolver, known);
        try {
            follow(member, known);
        } catch (RuntimeException | Error e) {
            index.removeLane(member.lane());
            throw e;
        }
        return member.lane();
    }

    /** What follows a source, filled with what is known and not yet seen by look-ups and other lanes. */
    private Member member(
            ZmqSource source, LaneSettings laneSettings, HashResolver resolver, @Nullable SnapshotSet known) {
        IndexLane lane = index.addLane(source.endpoint(), source.rank());
        try {
            LaneState state = new LaneState(laneSettings, lane, resolver);
            LaneReader reader = new LaneReader(
                    decoder,
                    state,
                    lane,
                    () -> TimeUnit.NANOSECONDS.toMillis(nanoClock.getAsLong()),
                    this::adapterSeen);
            if (known != null) {
                reader.resume(known.cut().epoch());
                state.restore(known::writeTo);
            }
            boolean isComplete = known != null && !known.cut().isPartial();
            return new Member(
                    source, laneSettings, resolver, lane, reader, new SweepingTarget(reader, index, isComplete));
        } catch (RuntimeException | Error e) {
            index.removeLane(lane);
            throw e;
        }
    }

    private void follow(Member member, @Nullable SnapshotSet known) {
        ZmqSource source = member.source();
        if (members.putIfAbsent(member.key(), member) != null) {
            throw new IllegalArgumentException(
                    "source: " + source.endpoint() + " rank " + source.rank() + " twice (expected: once)");
        }
        FeedPosition position = FeedPosition.START;
        try {
            if (known != null) {
                known.replaceIn(member.lane());
                member.reader().coverage(false);
                SnapshotCut cut = known.cut();
                position = new FeedPosition(cut.epoch(), cut.lastEngineSequence(), cut.enginePayloadHash());
            }
            sources.add(source, member.target(), position);
        } catch (RuntimeException | Error e) {
            members.remove(member.key(), member);
            throw e;
        }
    }

    /**
     * Copies what is known of a lane, between two of its batches.
     *
     * @return empty when it is not followed, nothing was heard of it yet, or it cannot be restored; completes on the sources'
     *     thread, and never once the index is closed
     */
    public CompletableFuture<Optional<LaneCopy>> copy(String endpoint, int rank) {
        Member member = members.get(new LaneKey(endpoint, rank));
        if (member == null) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        List<byte[]> chunks = new ArrayList<>();
        return sources.between(endpoint, rank, position -> {
                    // Another one may be followed there by now, at another position.
                    if (members.get(member.key()) == member) {
                        chunks.addAll(chunks(member, position));
                    }
                })
                .thenApply(any -> chunks.isEmpty() ? Optional.empty() : Optional.of(copy(member, chunks)));
    }

    private LaneCopy copy(Member member, List<byte[]> chunks) {
        ZmqSource source = member.source();
        return new LaneCopy(
                source.endpoint(),
                source.rank(),
                source.address(),
                baseRoot,
                settings.blockTokens(),
                member.settings().removalMode(),
                member.settings().offloadChunkBlocks(),
                chunks);
    }

    private static List<byte[]> chunks(Member member, FeedPosition position) {
        LaneState lane = member.reader().lane();
        if (position.sequence() < 0 || !lane.isRestorable()) {
            return List.of();
        }
        SnapshotChunks chunks = new SnapshotChunks();
        lane.writeTo(chunks);
        return chunks.seal(new SnapshotCut(
                0,
                FIRST_TERM,
                position.epoch(),
                SnapshotCut.id(FIRST_TERM, 0),
                0,
                0,
                0,
                position.sequence(),
                position.payloadHash(),
                !member.lane().isComplete() && !member.target().isCompleteOnceVerified(),
                member.settings().counting()));
    }

    /**
     * Whether {@link #restore} would take over a lane.
     *
     * @param copy its chunks are not looked at
     * @param isReplacing whether also in place of a lane that is followed exactly
     */
    public boolean takes(LaneCopy copy, boolean isReplacing) {
        Member member = members.get(new LaneKey(copy.endpoint(), copy.rank()));
        return member != null && takes(copy, member, isReplacing);
    }

    private boolean takes(LaneCopy copy, Member member, boolean isReplacing) {
        return isOf(copy, member) && (isReplacing || !isExact(member.source()));
    }

    private boolean isExact(ZmqSource source) {
        return sources.sources().stream()
                .anyMatch(status -> status.source().endpoint().equals(source.endpoint())
                        && status.source().rank() == source.rank()
                        && status.state() == SourceState.EXACT);
    }

    /**
     * Takes over what another index knew of a lane that is followed here, in place of what is known, and asks the engine for
     * what it has published since. If that turns out to be another process, the lane begins anew. Until then it does not count
     * as complete.
     *
     * @param isReplacing whether also in place of a lane that is followed exactly
     * @return whether it was taken over: not when the lane is not followed or at another address, its engine cannot be asked,
     *     or keys were computed or removals counted in another way
     * @throws IllegalArgumentException when the copy is damaged; the lane is followed as before, or anew
     */
    public boolean restore(LaneCopy copy, boolean isReplacing) {
        Member before = members.get(new LaneKey(copy.endpoint(), copy.rank()));
        if (before == null || !takes(copy, before, isReplacing)) {
            return false;
        }
        SnapshotSet known = copy.snapshot();
        Member restored = member(before.source(), before.settings(), before.resolver(), known);
        remove(copy.endpoint(), copy.rank());
        try {
            follow(restored, known);
        } catch (RuntimeException | Error e) {
            index.removeLane(restored.lane());
            add(before.source(), before.settings(), before.resolver(), null);
            throw e;
        }
        return true;
    }

    private boolean isOf(LaneCopy copy, Member member) {
        ZmqSource source = member.source();
        return source.address().equals(copy.address())
                && source.replayAddress() != null
                && copy.root() == baseRoot
                && copy.blockTokens() == settings.blockTokens()
                && copy.removalMode() == member.settings().removalMode()
                && copy.offloadChunkBlocks() == member.settings().offloadChunkBlocks();
    }

    /** Forgets an engine: no look-up that begins after this call returns it. */
    public void remove(String endpoint, int rank) {
        Member member = members.remove(new LaneKey(endpoint, rank));
        if (member != null) {
            index.removeLane(member.lane());
            sources.remove(endpoint, rank).thenRun(this::sweepAll);
        }
    }

    private void sweepAll() {
        while (index.sweep()) {}
    }

    private void adapterSeen(String name) {
        if (adapters.size() < MAX_ADAPTERS) {
            adapters.add(name);
        }
    }

    /**
     * Key before the first block of a prompt for a model. When the base model's name is not known, a name counts as the base
     * model's unless events named an adapter so, or topics named base models and this is none of them.
     */
    public long root(String targetModel) {
        if (!settings.model().isEmpty()) {
            return hasher.root(targetModel);
        }
        if (adapters.contains(targetModel)) {
            return hasher.root(targetModel);
        }
        Set<String> bases = baseModels();
        return bases.isEmpty() || bases.contains(targetModel) ? baseRoot : hasher.root(targetModel);
    }

    private Set<String> baseModels() {
        BaseModels known = baseModels;
        long now = nanoClock.getAsLong();
        if (known.atNanos() == 0 || now - known.atNanos() > NAMES_MAX_AGE_NANOS) {
            Set<String> names = sources.sources().stream()
                    .map(SourceStatus::topic)
                    .filter(Objects::nonNull)
                    .map(topic -> EventTopic.parse(topic).model())
                    .filter(model -> !model.isEmpty())
                    .collect(Collectors.toUnmodifiableSet());
            known = new BaseModels(names, now == 0 ? 1 : now);
            baseModels = known;
        }
        return known.names();
    }

    /** All lanes, by endpoint and rank. */
    public List<Lane> lanes() {
        return sources.sources().stream()
                .flatMap(status -> {
                    Member member = members.get(new LaneKey(
                            status.source().endpoint(), status.source().rank()));
                    return member == null
                            ? Stream.empty()
                            : Stream.of(new Lane(status, member.lane(), member.reader()));
                })
                .toList();
    }

    /** Ends all connections; what is known stays readable. */
    @Override
    public void close() {
        sources.close();
    }
}
