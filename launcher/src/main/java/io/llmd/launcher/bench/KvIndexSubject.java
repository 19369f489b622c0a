package io.llmd.launcher.bench;

import io.llmd.kv.event.StorageTier;
import io.llmd.kv.index.BlockIndex;
import io.llmd.kv.index.IndexLane;
import io.llmd.kv.index.IndexSettings;
import io.llmd.kv.index.PrefixLookup;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/** An index that the trace is played to: one thread tells it changes, another one asks at the same time. */
sealed interface KvIndexSubject {

    void store(int endpoint, long parent, long[] keys, int from, int count);

    void remove(int endpoint, long[] keys, int from, int count);

    /** A look-up of one thread. */
    interface Reader {

        /** @param keys exactly the keys of the prompt. @return sum of all endpoints' matched blocks */
        long match(long[] keys, int count);

        /** Blocks that the last look-up examined. */
        int examined();
    }

    Reader reader();

    /** The index of this project. */
    final class Flat implements KvIndexSubject {
        private final BlockIndex index = new BlockIndex(new IndexSettings(8L << 30));
        private final IndexLane[] lanes;

        Flat(int endpoints) {
            lanes = new IndexLane[endpoints];
            for (int i = 0; i < endpoints; i++) {
                lanes[i] = index.addLane("endpoint-" + i, 0);
            }
        }

        BlockIndex index() {
            return index;
        }

        @Override
        public void store(int endpoint, long parent, long[] keys, int from, int count) {
            lanes[endpoint].stored(StorageTier.GPU, 0, parent, keys, keys, from, count);
        }

        @Override
        public void remove(int endpoint, long[] keys, int from, int count) {
            lanes[endpoint].removed(StorageTier.GPU, 0, keys, from, count);
        }

        @Override
        public Reader reader() {
            PrefixLookup lookup = new PrefixLookup();
            return new Reader() {
                @Override
                public long match(long[] keys, int count) {
                    index.match(keys, count, lookup);
                    long sum = 0;
                    for (int i = lookup.first(); i >= 0; i = lookup.next(i)) {
                        sum += lookup.blocks(i);
                    }
                    return sum;
                }

                @Override
                public int examined() {
                    return lookup.examined();
                }
            };
        }
    }

    /** What one writes first: a map from block to the set of endpoints, under a lock for one writer or many readers. */
    final class MapOfSets implements KvIndexSubject {
        private final Map<Long, BitSet> holders = new HashMap<>();
        private final ReadWriteLock lock = new ReentrantReadWriteLock();

        @Override
        public void store(int endpoint, long parent, long[] keys, int from, int count) {
            lock.writeLock().lock();
            try {
                for (int i = from; i < from + count; i++) {
                    holders.computeIfAbsent(keys[i], any -> new BitSet()).set(endpoint);
                }
            } finally {
                lock.writeLock().unlock();
            }
        }

        @Override
        public void remove(int endpoint, long[] keys, int from, int count) {
            lock.writeLock().lock();
            try {
                for (int i = from; i < from + count; i++) {
                    BitSet set = holders.get(keys[i]);
                    if (set != null) {
                        set.clear(endpoint);
                        if (set.isEmpty()) {
                            holders.remove(keys[i]);
                        }
                    }
                }
            } finally {
                lock.writeLock().unlock();
            }
        }

        @Override
        public Reader reader() {
            return new Reader() {
                private int examined;

                @Override
                public long match(long[] keys, int count) {
                    lock.readLock().lock();
                    try {
                        long sum = 0;
                        BitSet alive = new BitSet();
                        examined = 0;
                        for (int i = 0; i < count; i++) {
                            examined++;
                            BitSet set = holders.get(keys[i]);
                            if (set == null) {
                                break;
                            }
                            if (i == 0) {
                                alive.or(set);
                            } else {
                                alive.and(set);
                            }
                            if (alive.isEmpty()) {
                                break;
                            }
                            sum += alive.cardinality();
                        }
                        return sum;
                    } finally {
                        lock.readLock().unlock();
                    }
                }

                @Override
                public int examined() {
                    return examined;
                }
            };
        }
    }
}
