package io.llmd.kv.lane;

/** What one lane has seen so far. Written by the lane's thread; others may read a value that is a little old. */
public final class LaneCounters {

    long storedBlocks;
    long removedBlocks;
    long clears;
    long unknownRemovals;
    long removalsThatLeftACopy;
    long orphans;
    long unresolvedHashes;
    long misfits;
    long otherGroups;
    long unknownGroupRemovals;
    long remotes;
    long unknownMedia;
    long changedKeys;
    long decayedCopies;
    long overflows;

    /** Blocks in stored events that were taken, copies of present ones included. */
    public long storedBlocks() {
        return storedBlocks;
    }

    /** Blocks in removals that were taken. */
    public long removedBlocks() {
        return removedBlocks;
    }

    /** How often the engine's cache was emptied. */
    public long clears() {
        return clears;
    }

    /** Removals of blocks that are not known; harmless. */
    public long unknownRemovals() {
        return unknownRemovals;
    }

    /** Removals after which copies are left; many of them show an engine that does not remove by copy. */
    public long removalsThatLeftACopy() {
        return removalsThatLeftACopy;
    }

    /** Stored events dropped because the block before them did not become known in time. */
    public long orphans() {
        return orphans;
    }

    /** Blocks named by hash only, of which no event with tokens told. */
    public long unresolvedHashes() {
        return unresolvedHashes;
    }

    /** Events whose block size fits neither way into the index's. */
    public long misfits() {
        return misfits;
    }

    /** Events of KV-cache groups of which nothing can be said: of unknown kinds, or with blocks of another size. */
    public long otherGroups() {
        return otherGroups;
    }

    /** Removals of blocks of other KV-cache groups that are not known; harmless. */
    public long unknownGroupRemovals() {
        return unknownGroupRemovals;
    }

    /** Events about copies that live elsewhere. */
    public long remotes() {
        return remotes;
    }

    /** Events with a medium that nobody knows. */
    public long unknownMedia() {
        return unknownMedia;
    }

    /** Blocks announced again with other tokens. */
    public long changedKeys() {
        return changedKeys;
    }

    /** Surplus copies that were forgotten because they outlived two turnovers of the cache. */
    public long decayedCopies() {
        return decayedCopies;
    }

    /** How often the lane was forgotten because its engine holds, or never removes, too many blocks. */
    public long overflows() {
        return overflows;
    }
}
