package io.llmd.kv.lane;

import io.llmd.kv.event.StorageTier;
import io.llmd.kv.event.StoredBlocks;
import io.llmd.kv.key.KeyHasher;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The blocks of an engine whose blocks are smaller than the index's. What is left over after the last full block of the index
 * is carried along with the engine block that it ends with, until blocks that follow fill it up. A block of the index is held
 * as long as each of its engine blocks is; the loss of one takes it away. For one thread and one tier, the GPU's.
 *
 * <p>Grows with the engine's blocks, some 200 bytes each: set both block sizes alike where memory matters.
 */
final class SmallBlocks {

    /** An engine block and what of an index block ends with it. */
    private static final class Piece {
        final long keyBefore;
        final int[] tokens;
        final long[] members;
        final String @Nullable [] extras;
        final List<Long> completed = new ArrayList<>(1);
        long key;
        int copies;

        Piece(long keyBefore, int[] tokens, long[] members, String @Nullable [] extras) {
            this.keyBefore = keyBefore;
            this.tokens = tokens;
            this.members = members;
            this.extras = extras;
        }
    }

    private final KeyHasher hasher;
    private final int blockTokens;
    private final LaneDeltas deltas;
    private final Map<Long, Piece> pieces = new HashMap<>();
    private final long[] single = new long[1];
    private final long[] singleHash = new long[1];

    SmallBlocks(LaneSettings settings, LaneDeltas deltas) {
        hasher = settings.hasher();
        blockTokens = settings.blockTokens();
        this.deltas = deltas;
    }

    boolean isEmpty() {
        return pieces.isEmpty();
    }

    int size() {
        return pieces.size();
    }

    boolean isKnown(long hash) {
        return pieces.containsKey(hash);
    }

    /** @param root key before the first block; used when the event has no parent, which must be known otherwise */
    void store(StoredBlocks blocks, long root) {
        Piece before = blocks.hasParent ? pieces.get(blocks.parent) : null;
        for (int i = 0; i < blocks.hashCount; i++) {
            String[] extras = blocks.extras == null ? null : blocks.extras[i];
            Piece piece = next(before, root, blocks, i, extras);
            Piece present = pieces.putIfAbsent(blocks.hashes[i], piece);
            before = present == null ? piece : present;
            before.copies = blocks.isReused ? Math.max(1, before.copies) : before.copies + 1;
            if (before.key == 0 && before.tokens.length == blockTokens) {
                complete(before);
            }
        }
    }

    private Piece next(@Nullable Piece before, long root, StoredBlocks blocks, int index, String @Nullable [] extras) {
        long keyBefore = root;
        int[] carried = {};
        long[] members = {};
        String[] carriedExtras = null;
        if (before != null && before.tokens.length == blockTokens) {
            keyBefore = keyOf(before);
        } else if (before != null) {
            keyBefore = before.keyBefore;
            carried = before.tokens;
            members = before.members;
            carriedExtras = before.extras;
        }
        int size = blocks.blockTokens;
        int[] tokens = Arrays.copyOf(carried, carried.length + size);
        System.arraycopy(blocks.tokens, index * size, tokens, carried.length, size);
        long[] all = Arrays.copyOf(members, members.length + 1);
        all[members.length] = blocks.hashes[index];
        return new Piece(keyBefore, tokens, all, together(carriedExtras, extras));
    }

    /** Extras of both, each once: a media item that reaches over several engine blocks is one of the index's block. */
    private static String @Nullable [] together(String @Nullable [] first, String @Nullable [] second) {
        if (first == null || second == null) {
            return first == null ? second : first;
        }
        List<String> all = new ArrayList<>(List.of(first));
        for (String extra : second) {
            if (!all.contains(extra)) {
                all.add(extra);
            }
        }
        return all.toArray(String[]::new);
    }

    private long keyOf(Piece full) {
        return full.key != 0 ? full.key : hasher.next(full.keyBefore, full.tokens, 0, blockTokens, full.extras);
    }

    private void complete(Piece last) {
        List<Piece> all = new ArrayList<>(last.members.length);
        for (long member : last.members) {
            Piece piece = pieces.get(member);
            if (piece == null || piece.copies == 0) {
                return;
            }
            all.add(piece);
        }
        last.key = keyOf(last);
        long lastHash = last.members[last.members.length - 1];
        for (Piece piece : all) {
            if (!piece.completed.contains(lastHash)) {
                piece.completed.add(lastHash);
            }
        }
        single[0] = last.key;
        singleHash[0] = lastHash;
        deltas.stored(StorageTier.GPU, 0, last.keyBefore, single, singleHash, 0, 1);
    }

    /**
     * Takes a copy of a known engine block away.
     *
     * @param remaining copies that are left; negative for one less than before
     */
    void remove(long hash, int remaining) {
        Piece piece = pieces.get(hash);
        if (piece == null) {
            return;
        }
        piece.copies = Math.max(0, remaining < 0 ? piece.copies - 1 : remaining);
        if (piece.copies == 0) {
            piece.completed.forEach(this::withdraw);
            pieces.remove(hash);
        }
    }

    private void withdraw(long lastHash) {
        Piece last = pieces.get(lastHash);
        if (last != null && last.key != 0) {
            single[0] = last.key;
            last.key = 0;
            deltas.removed(StorageTier.GPU, 0, single, 0, 1);
        }
    }

    /** Tells the index's blocks that are held. */
    void writeTo(int group, LaneSnapshotTarget target) {
        pieces.forEach((hash, piece) -> {
            if (piece.key != 0) {
                single[0] = piece.key;
                singleHash[0] = hash;
                target.run(StorageTier.GPU, group, piece.keyBefore, single, singleHash, 0, 1);
            }
        });
    }

    void clear() {
        pieces.clear();
    }
}
