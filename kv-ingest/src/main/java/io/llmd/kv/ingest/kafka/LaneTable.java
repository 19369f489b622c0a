package io.llmd.kv.ingest.kafka;

import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The lanes, as the records of their topic told them so far. For one thread; grows with the number of lanes.
 *
 * <p>A registration of a lane that is known changes neither its number nor its partition nor its owner: two processes may
 * register the same lane at the same time. A claim replaces everything, since it repeats what its owner knew.
 */
final class LaneTable {

    /**
     * A lane and who owns it.
     *
     * @param owner empty until one claimed it
     * @param term the owner's, unsigned; 0 without one
     * @param timestampMillis of the newest record, in milliseconds since 1970
     */
    record Entry(LaneDescription lane, String owner, int term, long timestampMillis) {

        boolean isClaimed() {
            return term != 0;
        }
    }

    /** What a record changed. */
    sealed interface Change {

        /** The lane is new, or something about it is. */
        record Put(@Nullable Entry before, Entry now) implements Change {}

        /** The lane is gone. */
        record Removed(Entry before) implements Change {}

        /** Nothing. */
        record None() implements Change {}

        /** The record makes no sense. */
        record Unreadable() implements Change {}
    }

    private final Map<String, Entry> entries = new HashMap<>();

    /** Takes a record, in the order of its partition. */
    Change offer(byte @Nullable [] key, byte @Nullable [] value, long offset, long timestampMillis) {
        if (key == null) {
            return new Change.Unreadable();
        }
        if (value == null) {
            Entry before = entries.remove(new String(key, StandardCharsets.UTF_8));
            return before == null ? new Change.None() : new Change.Removed(before);
        }
        LaneRecord read = LaneRecord.read(key, value);
        if (read == null) {
            return new Change.Unreadable();
        }
        Entry before = entries.get(read.lane().id());
        Entry now = next(before, read, offset, timestampMillis);
        entries.put(read.lane().id(), now);
        return new Change.Put(before, now);
    }

    private static Entry next(@Nullable Entry before, LaneRecord read, long offset, long timestampMillis) {
        if (read.isClaim()) {
            return new Entry(read.lane(), read.owner(), term(offset), timestampMillis);
        }
        if (before == null) {
            return new Entry(read.lane(), "", 0, timestampMillis);
        }
        LaneDescription kept = new LaneDescription(
                read.lane().spec(), before.lane().number(), before.lane().partition());
        return new Entry(kept, before.owner(), before.term(), before.timestampMillis());
    }

    /** The term of the claim at an offset. */
    static int term(long offset) {
        return (int) (offset + 1);
    }

    @Nullable
    Entry get(String laneId) {
        return entries.get(laneId);
    }

    Collection<Entry> entries() {
        return entries.values();
    }

    void clear() {
        entries.clear();
    }
}
