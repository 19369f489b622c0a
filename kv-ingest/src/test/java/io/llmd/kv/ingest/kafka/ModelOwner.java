package io.llmd.kv.ingest.kafka;

import io.llmd.kv.delta.SnapshotSet;
import io.llmd.kv.event.StorageTier;
import io.llmd.kv.lane.LaneDeltas;
import io.llmd.kv.lane.LaneSnapshotTarget;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A lane as its owner knows it, slow and obvious: the engine's hashes, keys, and copies of each block in a tier. */
final class ModelOwner implements OwnedLane {

    record Place(StorageTier tier, long engineHash) {}

    private static final class Block {
        private final long key;
        private final long parent;
        private int copies = 1;

        Block(long key, long parent) {
            this.key = key;
            this.parent = parent;
        }
    }

    private final Map<Place, Block> blocks = new LinkedHashMap<>();
    private LaneDeltas[] takers = {};
    private long lastSequence = -1;
    private boolean isPartial;

    void tells(LaneDeltas... to) {
        takers = to;
    }

    void restore(@Nullable SnapshotSet set) {
        if (set == null) {
            isPartial = true;
            return;
        }
        lastSequence = set.cut().lastEngineSequence();
        isPartial = set.cut().isPartial();
        set.writeTo(new LaneSnapshotTarget() {
            @Override
            public void run(StorageTier tier, int group, long parent, long[] keys, long[] hashes, int from, int count) {
                for (int i = from; i < from + count; i++) {
                    blocks.put(new Place(tier, hashes[i]), new Block(keys[i], i == from ? parent : keys[i - 1]));
                }
            }

            @Override
            public void copies(StorageTier tier, int group, long[] hashes, byte[] copies, int from, int count) {
                for (int i = from; i < from + count; i++) {
                    blocks.get(new Place(tier, hashes[i])).copies = copies[i];
                }
            }

            @Override
            public void groupRun(int rule, long[] keys, long[] hashes, int from, int count) {
                throw new AssertionError("no other groups");
            }

            @Override
            public void groupCopies(int rule, int group, long[] hashes, byte[] copies, int from, int count) {
                throw new AssertionError("no other groups");
            }
        });
    }

    /** The key that a hash stands for: any function does. */
    static long key(long engineHash) {
        return engineHash * 31 + 7;
    }

    void store(StorageTier tier, long parentHash, long... hashes) {
        long parent = parentHash == 0 ? 0 : key(parentHash);
        for (long hash : hashes) {
            Block known = blocks.get(new Place(tier, hash));
            if (known == null) {
                blocks.put(new Place(tier, hash), new Block(key(hash), parent));
                for (LaneDeltas each : takers) {
                    each.stored(tier, 0, parent, new long[] {key(hash)}, new long[] {hash}, 0, 1);
                }
            } else {
                known.copies = Math.min(15, known.copies + 1);
            }
            parent = key(hash);
        }
    }

    void remove(StorageTier tier, long... hashes) {
        for (long hash : hashes) {
            Block known = blocks.get(new Place(tier, hash));
            if (known != null && --known.copies == 0) {
                blocks.remove(new Place(tier, hash));
                for (LaneDeltas each : takers) {
                    each.removed(tier, 0, new long[] {known.key}, 0, 1);
                }
            }
        }
    }

    void clear(StorageTier tier) {
        blocks.keySet().removeIf(place -> place.tier() == tier);
        for (LaneDeltas each : takers) {
            each.cleared(tier.bit());
        }
    }

    void applied(long sequence) {
        lastSequence = sequence;
        for (LaneDeltas each : takers) {
            each.applied(sequence, sequence);
        }
    }

    @Override
    public void writeTo(LaneSnapshotTarget target) {
        blocks.forEach((place, block) -> target.run(
                place.tier(), 0, block.parent, new long[] {block.key}, new long[] {place.engineHash()}, 0, 1));
        blocks.forEach((place, block) -> {
            if (block.copies != 1) {
                target.copies(place.tier(), 0, new long[] {place.engineHash()}, new byte[] {(byte) block.copies}, 0, 1);
            }
        });
    }

    @Override
    public long blocks() {
        return blocks.size();
    }

    @Override
    public boolean isPartial() {
        return isPartial;
    }

    @Override
    public long lastSequence() {
        return lastSequence;
    }

    @Override
    public long lastPayloadHash() {
        return lastSequence * 17;
    }
}
