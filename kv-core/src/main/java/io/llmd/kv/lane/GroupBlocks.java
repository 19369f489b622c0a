package io.llmd.kv.lane;

import io.llmd.kv.event.StorageTier;
import java.util.Arrays;

/**
 * The blocks of an engine's other KV-cache groups, by the engine's hash: all groups of an engine give a block the same one, so
 * that the main group's events tell its key. Counts copies for each group, in whatever tier, and tells when all groups with the
 * same rule hold a block and when one does not any more. For one thread.
 *
 * <p>Grows with the blocks that these groups hold: 25 bytes each, in a table that is half full at most.
 */
final class GroupBlocks {

    static final int MAX_GROUPS = 16;

    /** Numbers of groups have a byte in snapshots. */
    static final int MAX_GROUP = 255;

    /** Rules that one engine's groups can have. */
    static final int MAX_RULES = 4;

    private static final int FIRST_PLACES = 256;
    private static final int COUNT_BITS = 4;
    private static final int MAX_COPIES = 15;
    private static final int TOLD_AT_ONCE = 64;
    private static final long MIX = 0x9E3779B97F4A7C15L;

    private final LaneDeltas deltas;
    private final int[] groups = new int[MAX_GROUPS];
    private final int[] ruleNumbers = new int[MAX_GROUPS];
    private final int[] rules = new int[MAX_RULES];
    private int groupCount;
    private int ruleCount;
    private boolean hasUnknown;

    private long[] hashes = new long[0];
    private long[] keys = new long[0];
    private long[] copies = new long[0];
    private byte[] told = new byte[0];
    private int size;

    private final long[] tellingKeys = new long[TOLD_AT_ONCE];
    private final long[] tellingHashes = new long[TOLD_AT_ONCE];

    GroupBlocks(LaneDeltas deltas) {
        this.deltas = deltas;
    }

    /** Whether there is any group. */
    boolean isUsed() {
        return groupCount > 0;
    }

    int size() {
        return size;
    }

    long bytes() {
        return hashes.length * 25L;
    }

    /** The place of a group among those that are known; -1 for another one. */
    int slot(int group) {
        for (int slot = 0; slot < groupCount; slot++) {
            if (groups[slot] == group) {
                return slot;
            }
        }
        return -1;
    }

    /**
     * The place of a group with a rule, of which it is told before anything that it holds; -1 when it has another one, or there
     * are too many, which is told too.
     */
    int slot(int group, int rule) {
        int known = groupCount;
        int slot = slotOrNew(group, rule);
        if (slot < 0 && !hasUnknown) {
            hasUnknown = true;
            announce(GroupRule.UNKNOWN);
        } else if (groupCount > known) {
            announce(rule);
        }
        return slot;
    }

    private int slotOrNew(int group, int rule) {
        int slot = slot(group);
        if (slot >= 0) {
            return rules[ruleNumbers[slot]] == rule ? slot : -1;
        }
        int number = groupCount == MAX_GROUPS || group < 0 || group > MAX_GROUP ? -1 : number(rule);
        if (number < 0) {
            return -1;
        }
        groups[groupCount] = group;
        ruleNumbers[groupCount] = number;
        // What the groups before it held together it does not hold yet.
        for (int at = 0; at < hashes.length; at++) {
            if (copies[at] != 0 && (told[at] >> number & 1) != 0) {
                withdraw(at, number);
            }
        }
        return groupCount++;
    }

    /** Tells again which groups there are, to whoever forgot it with their blocks. */
    void announce() {
        for (int number = 0; number < ruleCount; number++) {
            announce(rules[number]);
        }
        if (hasUnknown) {
            announce(GroupRule.UNKNOWN);
        }
    }

    private void announce(int rule) {
        tellingKeys[0] = 0;
        tellingHashes[0] = 0;
        deltas.stored(StorageTier.GPU, rule, 0, tellingKeys, tellingHashes, 0, 1);
    }

    private int number(int rule) {
        for (int number = 0; number < ruleCount; number++) {
            if (rules[number] == rule) {
                return number;
            }
        }
        if (ruleCount == MAX_RULES) {
            return -1;
        }
        rules[ruleCount] = rule;
        return ruleCount++;
    }

    /**
     * A group holds a copy more of a block.
     *
     * @param key request key of the block; 0 while the main group does not hold it
     * @param counts whether copies are counted, or one stands for all
     */
    void stored(int slot, long hash, long key, boolean counts) {
        int at = place(hash);
        int before = copies(at, slot);
        setCopies(at, slot, counts ? Math.min(MAX_COPIES, before + 1) : Math.max(1, before));
        int number = ruleNumbers[slot];
        if (before == 0 && key != 0 && isWhole(at, number)) {
            tell(at, number, key);
        }
    }

    /** The main group holds blocks: the index knows them now, and their keys. */
    void blocksStored(long[] storedHashes, long[] storedKeys, int count) {
        for (int i = 0; i < count && size > 0; i++) {
            int at = find(storedHashes[i]);
            if (at < 0) {
                continue;
            }
            for (int number = 0; number < ruleCount; number++) {
                if (isWhole(at, number)) {
                    tell(at, number, storedKeys[i]);
                }
            }
        }
    }

    /**
     * A group holds a copy less of a block.
     *
     * @param remaining copies that are left; -1 for one less
     * @return whether it held one
     */
    boolean removed(int slot, long hash, int remaining) {
        int at = find(hash);
        if (at < 0 || copies(at, slot) == 0) {
            return false;
        }
        int left = remaining < 0 ? copies(at, slot) - 1 : Math.min(remaining, MAX_COPIES);
        setCopies(at, slot, left);
        int number = ruleNumbers[slot];
        if (left == 0 && (told[at] >> number & 1) != 0) {
            withdraw(at, number);
        }
        if (copies[at] == 0) {
            remove(at);
        }
        return true;
    }

    private boolean isWhole(int at, int number) {
        boolean isWhole = false;
        for (int slot = 0; slot < groupCount; slot++) {
            if (ruleNumbers[slot] == number) {
                if (copies(at, slot) == 0) {
                    return false;
                }
                isWhole = true;
            }
        }
        return isWhole;
    }

    private void tell(int at, int number, long key) {
        told[at] |= (byte) (1 << number);
        keys[at] = key;
        tellingKeys[0] = key;
        tellingHashes[0] = hashes[at];
        deltas.stored(StorageTier.GPU, rules[number], 0, tellingKeys, tellingHashes, 0, 1);
    }

    private void withdraw(int at, int number) {
        told[at] &= (byte) ~(1 << number);
        tellingKeys[0] = keys[at];
        deltas.removed(StorageTier.GPU, rules[number], tellingKeys, 0, 1);
    }

    /** Forgets blocks, of which whoever is told knows already. */
    void clear() {
        Arrays.fill(copies, 0);
        Arrays.fill(told, (byte) 0);
        size = 0;
    }

    /** Forgets groups too. */
    void reset() {
        clear();
        groupCount = 0;
        ruleCount = 0;
        hasUnknown = false;
    }

    /** Tells which groups there are. Comes first: without them, all that the main group holds would count as reusable. */
    void writeGroupsTo(LaneSnapshotTarget target) {
        byte[] none = new byte[1];
        tellingHashes[0] = 0;
        for (int slot = 0; slot < groupCount; slot++) {
            target.groupCopies(rules[ruleNumbers[slot]], groups[slot], tellingHashes, none, 0, 1);
        }
        if (hasUnknown) {
            target.groupCopies(GroupRule.UNKNOWN, 0, tellingHashes, none, 0, 1);
        }
    }

    /** Tells all that groups hold: copies, then what was told of them together. */
    void writeTo(LaneSnapshotTarget target) {
        for (int slot = 0; slot < groupCount; slot++) {
            writeCopies(slot, target);
        }
        for (int number = 0; number < ruleCount; number++) {
            writeTold(number, target);
        }
    }

    private void writeCopies(int slot, LaneSnapshotTarget target) {
        int rule = rules[ruleNumbers[slot]];
        byte[] numbers = new byte[TOLD_AT_ONCE];
        int count = 0;
        for (int at = 0; at < hashes.length; at++) {
            if (copies(at, slot) > 0) {
                if (count == TOLD_AT_ONCE) {
                    target.groupCopies(rule, groups[slot], tellingHashes, numbers, 0, count);
                    count = 0;
                }
                tellingHashes[count] = hashes[at];
                numbers[count++] = (byte) copies(at, slot);
            }
        }
        if (count > 0) {
            target.groupCopies(rule, groups[slot], tellingHashes, numbers, 0, count);
        }
    }

    private void writeTold(int number, LaneSnapshotTarget target) {
        int count = 0;
        for (int at = 0; at < hashes.length; at++) {
            if (copies[at] != 0 && (told[at] >> number & 1) != 0) {
                if (count == TOLD_AT_ONCE) {
                    target.groupRun(rules[number], tellingKeys, tellingHashes, 0, count);
                    count = 0;
                }
                tellingKeys[count] = keys[at];
                tellingHashes[count++] = hashes[at];
            }
        }
        if (count > 0) {
            target.groupRun(rules[number], tellingKeys, tellingHashes, 0, count);
        }
    }

    /** Takes over copies that {@link #writeTo} told, without telling anyone. */
    void restoreCopies(int rule, int group, long hash, int count) {
        if (rule == GroupRule.UNKNOWN) {
            hasUnknown = true;
            return;
        }
        int slot = slotOrNew(group, rule);
        if (slot >= 0 && count > 0) {
            setCopies(place(hash), slot, Math.min(count, MAX_COPIES));
        }
    }

    /** Takes over what was told of a block, of which copies were taken over. */
    void restoreTold(int rule, long hash, long key) {
        int at = find(hash);
        int number = number(rule);
        if (at >= 0 && number >= 0) {
            keys[at] = key;
            told[at] |= (byte) (1 << number);
        }
    }

    private int copies(int at, int slot) {
        return (int) (copies[at] >>> slot * COUNT_BITS) & MAX_COPIES;
    }

    private void setCopies(int at, int slot, int count) {
        int shift = slot * COUNT_BITS;
        copies[at] = copies[at] & ~((long) MAX_COPIES << shift) | (long) count << shift;
    }

    /** The place of a hash, a new one if need be, which has no copies yet. */
    private int place(long hash) {
        int found = find(hash);
        if (found >= 0) {
            return found;
        }
        if (2 * (size + 1) > hashes.length) {
            grow();
        }
        int at = start(hash);
        while (copies[at] != 0) {
            at = next(at);
        }
        hashes[at] = hash;
        keys[at] = 0;
        told[at] = 0;
        size++;
        return at;
    }

    private int find(long hash) {
        if (size == 0) {
            return -1;
        }
        int at = start(hash);
        while (copies[at] != 0) {
            if (hashes[at] == hash) {
                return at;
            }
            at = next(at);
        }
        return -1;
    }

    /** Takes a place out of the table: later ones of its cluster move up, so that no search ends early. */
    private void remove(int gap) {
        int hole = gap;
        for (int at = next(gap); copies[at] != 0; at = next(at)) {
            int home = start(hashes[at]);
            boolean isMovable = hole <= at ? home <= hole || home > at : home <= hole && home > at;
            if (isMovable) {
                move(at, hole);
                hole = at;
            }
        }
        copies[hole] = 0;
        told[hole] = 0;
        size--;
    }

    private void move(int from, int to) {
        hashes[to] = hashes[from];
        keys[to] = keys[from];
        copies[to] = copies[from];
        told[to] = told[from];
    }

    private void grow() {
        long[] oldHashes = hashes;
        long[] oldKeys = keys;
        long[] oldCopies = copies;
        byte[] oldTold = told;
        int places = Math.max(FIRST_PLACES, 2 * hashes.length);
        hashes = new long[places];
        keys = new long[places];
        copies = new long[places];
        told = new byte[places];
        for (int old = 0; old < oldHashes.length; old++) {
            if (oldCopies[old] != 0) {
                int at = start(oldHashes[old]);
                while (copies[at] != 0) {
                    at = next(at);
                }
                hashes[at] = oldHashes[old];
                keys[at] = oldKeys[old];
                copies[at] = oldCopies[old];
                told[at] = oldTold[old];
            }
        }
    }

    private int start(long hash) {
        return (int) Math.unsignedMultiplyHigh((hash ^ hash >>> 32) * MIX, hashes.length);
    }

    private int next(int at) {
        return at + 1 == hashes.length ? 0 : at + 1;
    }
}
