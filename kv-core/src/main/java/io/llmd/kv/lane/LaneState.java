package io.llmd.kv.lane;

import io.llmd.kv.event.KvEventSink;
import io.llmd.kv.event.RemovedBlocks;
import io.llmd.kv.event.StorageTier;
import io.llmd.kv.event.StoredBlocks;
import io.llmd.kv.key.KeyHasher;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Follows one engine's events: computes request keys from tokens, counts copies, and tells {@link LaneDeltas} when the first
 * copy of a block appears and the last one goes. For one thread. A batch is {@link #begin}, its events, {@link #end}; the
 * order of batches is the caller's concern.
 *
 * <p>In doubt a block counts as absent: that costs its recomputation, while a block believed in wrongly costs a wrong choice.
 *
 * @implNote allocates nothing for events of full blocks without extras, once its tables fit
 */
public final class LaneState implements KvEventSink, LaneSnapshotSource {

    /** A removed block's key stays known this long, for an event that names it by hash only. */
    private static final long RETAINED_MILLIS = 60_000;

    /** ... and for at most this share of the blocks, or this many. */
    private static final int RETAINED_SHARE = 4;

    private static final int MIN_RETAINED = 1024;
    private static final int DECAY_TURNOVERS = 2;

    /** Engine blocks that are remembered; an engine that never removes any would fill the memory otherwise. */
    public static final int MAX_BLOCKS = 4 << 20;

    /** Sizes of engine blocks in one lane that are several of the index's. */
    private static final int MAX_SPLITS = 4;

    private final LaneSettings settings;
    private final LaneDeltas deltas;
    private final HashResolver resolver;
    private final KeyHasher hasher;
    private final int blockTokens;
    private final long modelRoot;
    private final EngineBlocks blocks = new EngineBlocks();
    private final EntryLog retained = new EntryLog();
    private final EntryLog surplus = new EntryLog();
    private final Orphans orphans = new Orphans();
    private final SmallBlocks smallBlocks;
    private final GroupBlocks groups;
    private final LaneCounters counters = new LaneCounters();

    private long[] keys = new long[64];
    private long[] splitHashes = new long[64];
    private long[] removedKeys = new long[256];
    private int removedCount;
    private StorageTier removedTier = StorageTier.GPU;
    private int mainGroup = -1;
    private int[] splits = {};
    private @Nullable String adapter;
    private long adapterRoot;
    private long nowMillis;
    private long storedSoFar;

    /** @param resolver knows keys of other lanes, for events that carry hashes only */
    public LaneState(LaneSettings settings, LaneDeltas deltas, HashResolver resolver) {
        this.settings = settings;
        this.deltas = deltas;
        this.resolver = resolver;
        hasher = settings.hasher();
        blockTokens = settings.blockTokens();
        modelRoot = hasher.root(settings.model());
        smallBlocks = new SmallBlocks(settings, deltas);
        groups = new GroupBlocks(deltas);
        if (settings.offloadChunkBlocks() > 1) {
            blocks.link();
        }
    }

    public LaneState(LaneSettings settings, LaneDeltas deltas) {
        this(settings, deltas, HashResolver.NONE);
    }

    public LaneCounters counters() {
        return counters;
    }

    /** Engine blocks held in some tier. */
    public int heldBlocks() {
        return blocks.held();
    }

    /** Blocks held, once for each tier. */
    public long heldByTier() {
        return blocks.heldByTier();
    }

    /** Memory for blocks. */
    public long bytes() {
        return blocks.bytes() + retained.bytes() + surplus.bytes() + groups.bytes();
    }

    /** Events that wait for the block before them. */
    public int waitingEvents() {
        return orphans.size();
    }

    /** The request key of an engine hash; 0 when it is not known. */
    public long keyOf(long engineHash) {
        int entry = blocks.find(engineHash);
        return entry < 0 ? 0 : blocks.key(entry);
    }

    /**
     * Tells all blocks that are held, by the engine's hashes. Neighbours in a run mostly follow each other in a prompt; where
     * the parts of larger blocks are told they all do.
     *
     * @implNote one pass for each tier; some 10 ms for a million blocks
     */
    @Override
    public void writeTo(LaneSnapshotTarget target) {
        int group = Math.clamp(mainGroup, 0, GroupBlocks.MAX_GROUP);
        groups.writeGroupsTo(target);
        LaneContent.write(blocks, group, target);
        smallBlocks.writeTo(group, target);
        groups.writeTo(target);
    }

    /**
     * Whether {@link #restore} makes another lane go on as this one. Not while the engine's blocks are smaller than the index's:
     * their tokens are not told.
     */
    public boolean isRestorable() {
        return smallBlocks.isEmpty();
    }

    /**
     * Takes over what {@link #writeTo} told, in place of what is held now, without telling anyone. What a lane forgets within a
     * minute is not part of it: keys of removed blocks, and events that wait for the block before them.
     */
    public void restore(LaneSnapshotSource source) {
        forgetAll();
        groups.reset();
        LaneRestoring restoring = new LaneRestoring(blocks, groups);
        source.writeTo(restoring);
        mainGroup = restoring.group();
        int split = restoring.finish(settings.offloadChunkBlocks() > 1);
        splits = split > 1 ? new int[] {split} : new int[0];
        for (int entry = 0; entry < blocks.limit(); entry++) {
            for (int tier = 0; tier < StorageTier.COUNT; tier++) {
                if (blocks.copies(entry, StorageTier.of(tier)) > 1) {
                    surplus.add(entry, blocks.hash(entry), storedSoFar);
                }
            }
        }
    }

    /** Before the events of a batch. @param now any clock in milliseconds that does not go back */
    public void begin(long now) {
        nowMillis = now;
    }

    /** After the events of a batch, or of several. */
    public void end(long firstSequence, long lastSequence) {
        flushRemovals();
        deltas.applied(firstSequence, lastSequence);
        tidy(nowMillis);
    }

    /** Forgets what waited or was kept for too long; {@link #end} does so too, call it when there are no events. */
    public void tidy(long now) {
        nowMillis = now;
        counters.orphans += orphans.expire(now);
        int bound = Math.max(MIN_RETAINED, blocks.held() / RETAINED_SHARE);
        while (retained.size() > 0 && (retained.size() > bound || now - retained.time() >= RETAINED_MILLIS)) {
            forgetOldestRetained();
        }
        decaySurplus();
    }

    private void forgetOldestRetained() {
        int entry = retained.entry();
        if (blocks.isOf(entry, retained.hash()) && !blocks.isHeld(entry)) {
            blocks.remove(entry);
        }
        retained.removeOldest();
    }

    /** A surplus copy that outlived the cache's turnover twice would have been evicted by now, whatever the events say. */
    private void decaySurplus() {
        long turnover = Math.max(MIN_RETAINED, blocks.held());
        while (surplus.size() > 0
                && (surplus.size() > turnover || storedSoFar - surplus.time() > DECAY_TURNOVERS * turnover)) {
            int entry = surplus.entry();
            if (blocks.hash(entry) == surplus.hash()) {
                for (int tier = 0; tier < StorageTier.COUNT; tier++) {
                    if (blocks.copies(entry, StorageTier.of(tier)) > 1) {
                        blocks.setCopies(entry, StorageTier.of(tier), 1);
                        counters.decayedCopies++;
                    }
                }
            }
            surplus.removeOldest();
        }
    }

    /** The publisher began anew, or what it holds is unknown: everything is forgotten except shared storage. */
    public void newEpoch(int epoch) {
        forgetOwn();
        groups.reset();
        mainGroup = -1;
        deltas.epoch(epoch);
    }

    @Override
    public void cleared() {
        counters.clears++;
        forgetOwn();
        deltas.cleared(settings.isStorageShared() ? StorageTier.ALL & ~StorageTier.STORAGE.bit() : StorageTier.ALL);
        groups.announce();
    }

    private void forgetAll() {
        removedCount = 0;
        orphans.clear();
        smallBlocks.clear();
        groups.clear();
        retained.clear();
        surplus.clear();
        blocks.clear();
    }

    /** Forgets all but shared storage. */
    private void forgetOwn() {
        if (!settings.isStorageShared()) {
            forgetAll();
            return;
        }
        // Blocks of shared storage may be among them.
        flushRemovals();
        orphans.clear();
        smallBlocks.clear();
        groups.clear();
        while (retained.size() > 0) {
            forgetOldestRetained();
        }
        surplus.clear();
        for (int entry = 0; entry < blocks.limit(); entry++) {
            if (blocks.isHeld(entry)) {
                blocks.setCopies(entry, StorageTier.GPU, 0);
                blocks.setCopies(entry, StorageTier.CPU, 0);
                blocks.setCopies(entry, StorageTier.DISK, 0);
                retainIfGone(entry);
            }
        }
    }

    @Override
    public void stored(StoredBlocks event) {
        flushRemovals();
        if (event.isRemote && !settings.isRemoteTaken()) {
            counters.remotes++;
            return;
        }
        boolean isMain = isOfMainGroup(event);
        counters.unknownMedia += isMain && !event.isTierKnown ? 1 : 0;
        if (blocks.size() + smallBlocks.size() + groups.size() + event.hashCount > MAX_BLOCKS) {
            counters.overflows++;
            counters.clears++;
            // Shared storage goes as well: it may be all that fills the memory.
            forgetAll();
            deltas.cleared(StorageTier.ALL);
            groups.announce();
            deltas.coverage(false);
        }
        if (!isMain) {
            takeGroup(event);
        } else if (event.tokenCount == 0) {
            credit(event);
        } else {
            take(event);
            adoptOrphans();
        }
    }

    /** Takes blocks of another group by their hashes: its events leave blocks out, so that places of tokens say nothing. */
    private void takeGroup(StoredBlocks event) {
        int rule = GroupRule.of(event, blockTokens);
        int slot = event.tokenCount == 0 ? groups.slot(event.group) : -1;
        if (slot < 0 && rule != GroupRule.NONE) {
            slot = groups.slot(event.group, rule);
        }
        if (slot < 0) {
            counters.otherGroups++;
            return;
        }
        boolean counts = !event.isReused && settings.removalMode() == RemovalMode.PHYSICAL;
        for (int i = 0; i < event.hashCount; i++) {
            groups.stored(slot, event.hashes[i], keyOf(event.hashes[i]), counts);
        }
    }

    private boolean isOfMainGroup(StoredBlocks event) {
        if (event.groupKind != StoredBlocks.GroupKind.FULL) {
            return false;
        }
        if (mainGroup < 0 && event.tokenCount > 0 && groups.slot(event.group) < 0) {
            mainGroup = event.group;
        }
        return mainGroup < 0 || event.group == mainGroup || event.tokenCount == 0 && event.group == 0;
    }

    private void take(StoredBlocks event) {
        int size = event.blockTokens;
        if (size == blockTokens) {
            takeAligned(event);
        } else if (size > blockTokens && size % blockTokens == 0) {
            takeSplit(event, size / blockTokens);
        } else if (isSmall(event)) {
            takeSmall(event);
        } else {
            counters.misfits++;
        }
    }

    private boolean isSmall(StoredBlocks event) {
        int size = event.blockTokens;
        return size > 0 && size < blockTokens && blockTokens % size == 0 && event.tier == StorageTier.GPU;
    }

    private boolean isParentKnown(StoredBlocks event) {
        return isSmall(event) ? smallBlocks.isKnown(event.parent) : blocks.isKnown(event.parent);
    }

    private void takeAligned(StoredBlocks event) {
        int parent = event.hasParent ? blocks.find(event.parent) : -1;
        if (event.hasParent && parent < 0) {
            hold(event);
            return;
        }
        long before = parent < 0 ? root(event) : blocks.key(parent);
        reserve(event.hashCount);
        computeKeys(event, before);
        record(event, event.hashes, event.hashCount, parent < 0 ? 0 : before);
    }

    private void computeKeys(StoredBlocks event, long before) {
        if (event.extras == null) {
            hasher.chain(before, event.tokens, 0, event.hashCount, blockTokens, keys, 0);
            return;
        }
        long key = before;
        for (int i = 0; i < event.hashCount; i++) {
            key = hasher.next(key, event.tokens, i * blockTokens, blockTokens, event.extras[i]);
            keys[i] = key;
        }
    }

    /**
     * Takes engine blocks that are several of the index's. Each of these gets a hash of its own, made from the engine's and its
     * place; the last one has the engine's hash itself, so that children find it.
     */
    private void takeSplit(StoredBlocks event, int split) {
        if (!isSplit(split)) {
            counters.misfits++;
            return;
        }
        int parent = event.hasParent ? blocks.find(event.parent) : -1;
        if (event.hasParent && parent < 0) {
            hold(event);
            return;
        }
        long before = parent < 0 ? root(event) : blocks.key(parent);
        int count = event.hashCount * split;
        reserve(count);
        long key = before;
        for (int i = 0; i < count; i++) {
            int of = i / split;
            // Strings of a block are known for the whole of it: they go into its first part, where a cache salt
            // belongs.
            String[] extras = event.extras != null && i % split == 0 ? event.extras[of] : null;
            key = hasher.next(key, event.tokens, i * blockTokens, blockTokens, extras);
            keys[i] = key;
            splitHashes[i] =
                    i % split == split - 1 ? event.hashes[of] : LaneRestoring.part(event.hashes[of], i % split);
        }
        record(event, splitHashes, count, parent < 0 ? 0 : before);
    }

    /** Takes note that engine blocks are so many of the index's. @return false when there are too many sizes already */
    private boolean isSplit(int split) {
        for (int known : splits) {
            if (known == split) {
                return true;
            }
        }
        if (splits.length == MAX_SPLITS) {
            return false;
        }
        splits = Arrays.copyOf(splits, splits.length + 1);
        splits[splits.length - 1] = split;
        blocks.link();
        return true;
    }

    /** The index's blocks that the engine block is which ends with an entry: it shows in the hash before it. */
    private int partsOf(int entry) {
        for (int split : splits) {
            if (blocks.parent(entry) == LaneRestoring.part(blocks.hash(entry), split - 2)) {
                return split;
            }
        }
        return 1;
    }

    private void takeSmall(StoredBlocks event) {
        if (event.hasParent && !smallBlocks.isKnown(event.parent)) {
            hold(event);
            return;
        }
        counters.storedBlocks += event.hashCount;
        smallBlocks.store(event, root(event));
    }

    private void hold(StoredBlocks event) {
        counters.orphans += orphans.add(event, nowMillis);
    }

    private void adoptOrphans() {
        while (!orphans.isEmpty()) {
            StoredBlocks adopted = orphans.takeAdopted(this::isParentKnown);
            if (adopted == null) {
                return;
            }
            take(adopted);
        }
    }

    private long root(StoredBlocks event) {
        String name = event.adapter;
        if (name == null) {
            return modelRoot;
        }
        if (!name.equals(adapter)) {
            adapter = name;
            adapterRoot = hasher.root(name);
        }
        return adapterRoot;
    }

    /**
     * Counts a copy of each block and tells of all of them. Those that had a copy are told again: that is rare, changes
     * nothing, and mends an index that took the engine's word against them.
     */
    private void record(StoredBlocks event, long[] hashes, int count, long parentKey) {
        counters.storedBlocks += count;
        storedSoFar += count;
        blocks.prepare(hashes, count);
        for (int i = 0; i < count; i++) {
            int entry = blocks.findOrAdd(i, hashes[i], keys[i]);
            if (blocks.key(entry) != keys[i]) {
                changeKey(entry, keys[i]);
            }
            blocks.setParent(entry, i > 0 ? hashes[i - 1] : event.hasParent ? event.parent : 0);
            count(entry, event.tier, event.isReused);
        }
        deltas.stored(event.tier, 0, parentKey, keys, hashes, 0, count);
        if (groups.isUsed()) {
            groups.blocksStored(hashes, keys, count);
        }
    }

    private void count(int entry, StorageTier tier, boolean isReused) {
        int before = blocks.copies(entry, tier);
        int after = isReused || settings.removalMode() == RemovalMode.LOGICAL
                ? Math.max(1, before)
                : Math.min(EngineBlocks.MAX_COPIES, before + 1);
        if (after != before) {
            blocks.setCopies(entry, tier, after);
            if (after > 1) {
                surplus.add(entry, blocks.hash(entry), storedSoFar);
            }
        }
    }

    /** A hash stands for other tokens than before: what was believed of it is withdrawn. */
    private void changeKey(int entry, long key) {
        counters.changedKeys++;
        for (int tier = 0; tier < StorageTier.COUNT; tier++) {
            if (blocks.copies(entry, StorageTier.of(tier)) > 0) {
                withdraw(entry, StorageTier.of(tier));
            }
        }
        flushRemovals();
        blocks.setKey(entry, key);
    }

    /** Takes blocks that are named by hash only: copies of blocks whose tokens an earlier event told. */
    private void credit(StoredBlocks event) {
        for (int i = 0; i < event.hashCount; i++) {
            long hash = event.hashes[i];
            int entry = blocks.find(hash);
            if (entry < 0) {
                entry = resolve(hash);
            }
            if (entry < 0) {
                counters.unresolvedHashes++;
                continue;
            }
            int engineBlocks = engineBlocks(event.tier);
            for (int block = 0; entry >= 0 && block < engineBlocks; block++) {
                int parts = partsOf(entry);
                for (int part = 0; entry >= 0 && part < parts; part++) {
                    counters.storedBlocks++;
                    creditOne(entry, event);
                    entry = blocks.before(entry);
                }
            }
        }
    }

    private void creditOne(int entry, StoredBlocks event) {
        count(entry, event.tier, event.isReused);
        keys[0] = blocks.key(entry);
        splitHashes[0] = blocks.hash(entry);
        deltas.stored(event.tier, 0, 0, keys, splitHashes, 0, 1);
    }

    private int resolve(long hash) {
        long key = resolver.keyOf(hash);
        return key == 0 ? -1 : blocks.add(hash, key);
    }

    /** Engine blocks that an event names with one hash. */
    private int engineBlocks(StorageTier tier) {
        return tier == StorageTier.GPU ? 1 : settings.offloadChunkBlocks();
    }

    @Override
    public void removed(RemovedBlocks event) {
        if (event.isRemote && !settings.isRemoteTaken()) {
            counters.remotes++;
            return;
        }
        if (isOfOtherGroup(event)) {
            removeOfGroup(event);
            return;
        }
        if (event.tier != removedTier) {
            flushRemovals();
            removedTier = event.tier;
        }
        for (int i = 0; i < event.hashCount; i++) {
            removeOne(event, i);
        }
    }

    private boolean isOfOtherGroup(RemovedBlocks event) {
        return mainGroup < 0
                ? groups.slot(event.group) >= 0
                : event.group != mainGroup && !(event.group == 0 && event.tier != StorageTier.GPU);
    }

    private void removeOfGroup(RemovedBlocks event) {
        int slot = groups.slot(event.group);
        if (slot < 0) {
            counters.otherGroups++;
            return;
        }
        int remaining = settings.removalMode() == RemovalMode.LOGICAL ? 0 : -1;
        for (int i = 0; i < event.hashCount; i++) {
            int left = event.hasRemainingCopies ? event.remainingCopies[i] : remaining;
            if (!groups.removed(slot, event.hashes[i], left)) {
                counters.unknownGroupRemovals++;
            }
        }
    }

    private void removeOne(RemovedBlocks event, int index) {
        long hash = event.hashes[index];
        if (!orphans.isEmpty()) {
            orphans.forget(hash);
        }
        if (!smallBlocks.isEmpty() && event.tier == StorageTier.GPU && smallBlocks.isKnown(hash)) {
            counters.removedBlocks++;
            int remaining = settings.removalMode() == RemovalMode.LOGICAL ? 0 : -1;
            smallBlocks.remove(hash, event.hasRemainingCopies ? event.remainingCopies[index] : remaining);
            return;
        }
        int entry = blocks.find(hash);
        if (entry < 0) {
            counters.unknownRemovals++;
            return;
        }
        int engineBlocks = engineBlocks(event.tier);
        for (int block = 0; entry >= 0 && block < engineBlocks; block++) {
            int parts = partsOf(entry);
            for (int part = 0; entry >= 0 && part < parts; part++) {
                counters.removedBlocks++;
                int before = blocks.before(entry);
                uncount(entry, event, index);
                entry = before;
            }
        }
    }

    private void uncount(int entry, RemovedBlocks event, int index) {
        int before = blocks.copies(entry, event.tier);
        if (before == 0) {
            counters.unknownRemovals++;
            return;
        }
        int after = event.hasRemainingCopies
                ? Math.clamp(event.remainingCopies[index], 0, EngineBlocks.MAX_COPIES)
                : settings.removalMode() == RemovalMode.LOGICAL ? 0 : before - 1;
        if (after > 0) {
            counters.removalsThatLeftACopy++;
            blocks.setCopies(entry, event.tier, after);
        } else {
            withdraw(entry, event.tier);
            retainIfGone(entry);
        }
    }

    private void withdraw(int entry, StorageTier tier) {
        if (tier != removedTier) {
            flushRemovals();
            removedTier = tier;
        }
        blocks.setCopies(entry, tier, 0);
        if (removedCount == removedKeys.length) {
            removedKeys = Arrays.copyOf(removedKeys, 2 * removedCount);
        }
        removedKeys[removedCount++] = blocks.key(entry);
    }

    private void retainIfGone(int entry) {
        if (!blocks.isHeld(entry)) {
            retained.add(entry, blocks.hash(entry), nowMillis);
        }
    }

    private void flushRemovals() {
        if (removedCount > 0) {
            int count = removedCount;
            removedCount = 0;
            deltas.removed(removedTier, 0, removedKeys, 0, count);
        }
    }

    private void reserve(int count) {
        if (count > keys.length) {
            keys = new long[Math.max(count, 2 * keys.length)];
            splitHashes = new long[keys.length];
        }
    }
}
