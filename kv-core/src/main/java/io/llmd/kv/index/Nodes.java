package io.llmd.kv.index;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.Objects;

/**
 * What is known of each node: its key and, for each tier in use, a bit for each lane that holds it; for each rule of other
 * KV-cache groups in use, a bit for each lane whose groups hold it. Immutable in shape; more
 * nodes or another tier make a new instance that shares the segments of the old one, so that nothing is ever copied.
 *
 * <p>A node is read in this order: key, bits, key again. Equal keys mean that the bits belonged to the key, for the writer
 * sets bits before a key appears and clears them before it goes, and a node that was freed and used for the same key again
 * held it at both times. Acquire and release keep that order on processors that would change it.
 *
 * <p>One window stays open. A reader that is held up twice, before the bits and after them, while its node goes from one key
 * to another and back, takes the other block's lanes for one answer. {@link NodeSpace#claimAfter} uses a node again as soon as
 * it is free, so that two blocks that take turns behind the same block can do that. A stamp for each node would close it at
 * eight bytes a node and one more read a block; a wrong answer costs one request the computation of its prompt.
 */
final class Nodes {

    static final int SEGMENT_SHIFT = 16;
    static final int SEGMENT_NODES = 1 << SEGMENT_SHIFT;

    private static final int OFFSET = SEGMENT_NODES - 1;
    private static final VarHandle ELEMENT = MethodHandles.arrayElementVarHandle(long[].class);

    private final long[][] keys;
    private final long[][][] tiers;
    private final int[] rules;
    private final long[][][] groups;
    private final boolean hasOtherThanFirstTier;

    private Nodes(long[][] keys, long[][][] tiers, int[] rules, long[][][] groups) {
        this.keys = keys;
        this.tiers = tiers;
        this.rules = rules;
        this.groups = groups;
        hasOtherThanFirstTier = Arrays.stream(tiers).skip(1).anyMatch(Objects::nonNull);
    }

    static Nodes none(int tierCount) {
        return new Nodes(new long[0][], new long[tierCount][][], new int[0], new long[0][][]);
    }

    /** Bytes of one more segment. */
    long segmentBytes() {
        return (long) SEGMENT_NODES * Long.BYTES * (1 + tiersInUse() + rules.length);
    }

    int capacity() {
        return keys.length << SEGMENT_SHIFT;
    }

    int segments() {
        return keys.length;
    }

    boolean hasTier(int tier) {
        return tiers[tier] != null;
    }

    boolean hasOtherThanFirstTier() {
        return hasOtherThanFirstTier;
    }

    int tiersInUse() {
        int count = 0;
        for (long[][] tier : tiers) {
            count += tier == null ? 0 : 1;
        }
        return count;
    }

    Nodes withSegment() {
        long[][][] more = tiers.clone();
        for (int tier = 0; tier < more.length; tier++) {
            if (more[tier] != null) {
                more[tier] = longer(more[tier]);
            }
        }
        long[][][] moreGroups = new long[groups.length][][];
        for (int plane = 0; plane < groups.length; plane++) {
            moreGroups[plane] = longer(groups[plane]);
        }
        return new Nodes(longer(keys), more, rules, moreGroups);
    }

    Nodes withTier(int tier) {
        long[][][] more = tiers.clone();
        more[tier] = new long[keys.length][SEGMENT_NODES];
        return new Nodes(keys, more, rules, groups);
    }

    /** With bits for another rule of groups, as {@code rules()} in number. */
    Nodes withRule(int rule) {
        int[] moreRules = Arrays.copyOf(rules, rules.length + 1);
        moreRules[rules.length] = rule;
        long[][][] more = Arrays.copyOf(groups, groups.length + 1);
        more[groups.length] = new long[keys.length][SEGMENT_NODES];
        return new Nodes(keys, tiers, moreRules, more);
    }

    /** How many rules of groups are in use. */
    int rules() {
        return rules.length;
    }

    /** A rule in use, see {@link io.llmd.kv.lane.GroupRule}. */
    int rule(int plane) {
        return rules[plane];
    }

    /** Lanes whose groups with a rule hold a node. */
    long groupLanes(int plane, int node) {
        return (long) ELEMENT.getAcquire(groups[plane][node >>> SEGMENT_SHIFT], node & OFFSET);
    }

    void setGroupLanes(int plane, int node, long lanes) {
        ELEMENT.setRelease(groups[plane][node >>> SEGMENT_SHIFT], node & OFFSET, lanes);
    }

    /** No groups hold a node; before its key goes. */
    void clearGroups(int node) {
        for (int plane = 0; plane < rules.length; plane++) {
            setGroupLanes(plane, node, 0);
        }
    }

    private static long[][] longer(long[][] segments) {
        long[][] result = Arrays.copyOf(segments, segments.length + 1);
        result[segments.length] = new long[SEGMENT_NODES];
        return result;
    }

    /**
     * Reads the lanes of nodes one behind the other for as long as they have the keys of a prompt, and of no more than
     * {@code most}, which must not exceed {@code lanes}.
     *
     * @param node the first one
     * @param keys of the prompt, of which the one at {@code from} belongs to that node
     * @param lanes receives the lanes by tier and place; also of some nodes behind the last one, which mean nothing
     * @return how many nodes had the right keys, both before their lanes were read and after that; 0 when the first one has not
     * @implNote keys, lanes and keys again in three passes rather than node by node: passes over memory in order are a few wide
     *     instructions each, so that all their reads are under way at the same time. How many lanes are copied does not depend
     *     on how many keys are right, for the same reason
     */
    int run(int node, long[] keys, int from, int most, long[][] lanes) {
        int offset = node & OFFSET;
        int segment = node >>> SEGMENT_SHIFT;
        int end = Math.min(offset + most, SEGMENT_NODES);
        long[] own = this.keys[segment];
        int right = equal(own, offset, end, keys, from);
        VarHandle.acquireFence();
        for (int tier = 0; tier < tiers.length; tier++) {
            long[][] bits = tiers[tier];
            if (bits != null) {
                System.arraycopy(bits[segment], offset, lanes[tier], 0, end - offset);
            } else if (hasOtherThanFirstTier) {
                Arrays.fill(lanes[tier], 0, end - offset, 0);
            }
        }
        VarHandle.acquireFence();
        return equal(own, offset, offset + right, keys, from);
    }

    private static int equal(long[] own, int offset, int end, long[] keys, int from) {
        int different = Arrays.mismatch(own, offset, end, keys, from, from + end - offset);
        return different < 0 ? end - offset : different;
    }

    /** The key of a node; 0 when it is free. */
    long key(int node) {
        return (long) ELEMENT.getAcquire(keys[node >>> SEGMENT_SHIFT], node & OFFSET);
    }

    /** The key of a node, for the writer, who needs no order among its own changes. */
    long ownKey(int node) {
        return keys[node >>> SEGMENT_SHIFT][node & OFFSET];
    }

    void setKey(int node, long key) {
        ELEMENT.setRelease(keys[node >>> SEGMENT_SHIFT], node & OFFSET, key);
    }

    /** Lanes that hold a node in a tier; 0 for a tier that is not in use. */
    long lanes(int tier, int node) {
        long[][] segments = tiers[tier];
        return segments == null ? 0 : (long) ELEMENT.getAcquire(segments[node >>> SEGMENT_SHIFT], node & OFFSET);
    }

    /** What holds the lanes of a node and its neighbours in a tier in use, for the writer to read. */
    long[] ownSegment(int tier, int node) {
        return tiers[tier][node >>> SEGMENT_SHIFT];
    }

    /** Lanes that hold a node in a tier in use, for the writer. */
    long ownLanes(int tier, int node) {
        return tiers[tier][node >>> SEGMENT_SHIFT][node & OFFSET];
    }

    /** Of a tier in use. */
    void setLanes(int tier, int node, long lanes) {
        ELEMENT.setRelease(tiers[tier][node >>> SEGMENT_SHIFT], node & OFFSET, lanes);
    }

    /** Lanes that hold a node in any tier. */
    long lanes(int node) {
        if (!hasOtherThanFirstTier) {
            return lanes(0, node);
        }
        long lanes = 0;
        for (int tier = 0; tier < tiers.length; tier++) {
            lanes |= lanes(tier, node);
        }
        return lanes;
    }
}
