package io.llmd.kv.index;

import io.llmd.kv.event.StorageTier;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * What look-ups may say while lanes change, in all orders that the processor and the compiler make of both. Run by
 *
 * <pre>
 * mvn -q -B -Pkv-jcstress -pl kv-core -am -DskipTests process-test-classes
 * </pre>
 */
public final class ReaderBesideWriter {

    private static final int NEITHER = 0;

    private ReaderBesideWriter() {}

    /** An index with two lanes and a look-up. */
    private abstract static class Pair {

        final BlockIndex index = new BlockIndex(new IndexSettings(1L << 30));
        final IndexLane lane = index.addLane("a", 0);
        final IndexLane other = index.addLane("b", 0);
        final PrefixLookup lookup = new PrefixLookup();

        static void store(IndexLane lane, long parent, long... keys) {
            lane.stored(StorageTier.GPU, 0, parent, keys, keys, 0, keys.length);
        }

        static void remove(IndexLane lane, long... keys) {
            lane.removed(StorageTier.GPU, 0, keys, 0, keys.length);
        }

        /** Blocks of the lane, plus 10 for each of the other's. */
        int match(long... keys) {
            index.match(keys, keys.length, lookup);
            int answer = NEITHER;
            for (int i = lookup.first(); i >= 0; i = lookup.next(i)) {
                answer += lookup.blocks(i) * (lookup.lane(i) == lane ? 1 : 10);
            }
            return answer;
        }
    }

    /** A run appears from its front on. */
    @JCStressTest
    @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "not there yet")
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "its first block")
    @Outcome(id = "2", expect = Expect.ACCEPTABLE, desc = "all of it")
    @State
    public static class StoreBesideMatch extends Pair {

        /** Stores two blocks. */
        @Actor
        public void writer() {
            store(lane, 0, 11, 12);
        }

        /** Looks for both. */
        @Actor
        public void reader(I_Result result) {
            result.r1 = match(11, 12);
        }
    }

    /** A block goes while another lane's comes. (Nodes are used again only after all others; ConcurrentLookupTest does that.) */
    @JCStressTest
    @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "gone")
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "still there")
    @State
    public static class ReplaceBesideMatch extends Pair {

        /** One block is there. */
        public ReplaceBesideMatch() {
            store(lane, 0, 11);
        }

        /** It goes, and another one comes. */
        @Actor
        public void writer() {
            remove(lane, 11);
            store(other, 0, 21);
        }

        /** Looks for the first one. */
        @Actor
        public void reader(I_Result result) {
            result.r1 = match(11);
        }
    }

    /** A lane that leaves while it is looked for is there or not, and its successor never holds what it held. */
    @JCStressTest
    @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "gone")
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "still there")
    @State
    public static class LeaveBesideMatch extends Pair {

        /** One block is there. */
        public LeaveBesideMatch() {
            store(lane, 0, 11);
        }

        /** The lane leaves and another one comes. */
        @Actor
        public void writer() {
            index.removeLane(lane);
            while (index.sweep()) {
                // until its bit is free
            }
            index.addLane("c", 0);
        }

        /** Looks for its block. */
        @Actor
        public void reader(I_Result result) {
            result.r1 = match(11);
        }
    }

    /** A block on two lanes stays with one while the other loses it. */
    @JCStressTest
    @Outcome(id = "10", expect = Expect.ACCEPTABLE, desc = "only on the lane that keeps it")
    @Outcome(id = "11", expect = Expect.ACCEPTABLE, desc = "on both")
    @State
    public static class RemoveOfOneBesideMatch extends Pair {

        /** Both hold it. */
        public RemoveOfOneBesideMatch() {
            store(lane, 0, 11);
            store(other, 0, 11);
        }

        /** One loses it. */
        @Actor
        public void writer() {
            remove(lane, 11);
        }

        /** Looks for it. */
        @Actor
        public void reader(I_Result result) {
            result.r1 = match(11);
        }
    }

    /** Blocks that stay are found while the table that finds them is built anew. */
    @JCStressTest
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "found")
    @State
    public static class RenewedTableBesideMatch extends Pair {

        private static final int MANY = 900;

        private final long[] more = new long[MANY];

        /** One block is there. */
        public RenewedTableBesideMatch() {
            store(lane, 0, 11);
            for (int i = 0; i < MANY; i++) {
                more[i] = 1_000_003L * (i + 1);
            }
        }

        /** So many others come that the table is built anew. */
        @Actor
        public void writer() {
            store(other, 0, more);
        }

        /** Looks for the one. */
        @Actor
        public void reader(I_Result result) {
            result.r1 = match(11);
        }
    }
}
