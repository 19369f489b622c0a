package io.llmd.kv.event;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Keeps events as values, for the views of a decoder do not last. */
final class RecordingSink implements KvEventSink {

    record Stored(
            List<Long> hashes,
            @Nullable Long parent,
            List<Integer> tokens,
            int blockTokens,
            @Nullable String adapter,
            StorageTier tier,
            boolean isTierKnown,
            @Nullable List<List<String>> extras,
            int group,
            StoredBlocks.GroupKind groupKind,
            int windowTokens,
            boolean isRemote,
            boolean isReused) {

        /** Blocks of the base model in an accelerator's memory, nothing else said. */
        static Stored of(List<Long> hashes, @Nullable Long parent, List<Integer> tokens, int blockTokens) {
            return new Stored(
                    hashes,
                    parent,
                    tokens,
                    blockTokens,
                    null,
                    StorageTier.GPU,
                    true,
                    null,
                    0,
                    StoredBlocks.GroupKind.FULL,
                    0,
                    false,
                    false);
        }

        Stored withAdapter(String value) {
            return new Stored(
                    hashes,
                    parent,
                    tokens,
                    blockTokens,
                    value,
                    tier,
                    isTierKnown,
                    extras,
                    group,
                    groupKind,
                    windowTokens,
                    isRemote,
                    isReused);
        }

        Stored withTier(StorageTier value) {
            return new Stored(
                    hashes,
                    parent,
                    tokens,
                    blockTokens,
                    adapter,
                    value,
                    isTierKnown,
                    extras,
                    group,
                    groupKind,
                    windowTokens,
                    isRemote,
                    isReused);
        }

        Stored withExtras(List<List<String>> value) {
            return new Stored(
                    hashes,
                    parent,
                    tokens,
                    blockTokens,
                    adapter,
                    tier,
                    isTierKnown,
                    value,
                    group,
                    groupKind,
                    windowTokens,
                    isRemote,
                    isReused);
        }
    }

    record Removed(
            List<Long> hashes,
            StorageTier tier,
            int group,
            @Nullable List<Integer> remainingCopies,
            boolean isRemote) {

        static Removed of(Long... hashes) {
            return new Removed(List.of(hashes), StorageTier.GPU, 0, null, false);
        }
    }

    record Cleared() {}

    final List<Object> events = new ArrayList<>();

    @Override
    public void stored(StoredBlocks blocks) {
        events.add(new Stored(
                longs(blocks.hashes, blocks.hashCount),
                blocks.hasParent ? blocks.parent : null,
                ints(blocks.tokens, blocks.tokenCount),
                blocks.blockTokens,
                blocks.adapter,
                blocks.tier,
                blocks.isTierKnown,
                extras(blocks),
                blocks.group,
                blocks.groupKind,
                blocks.windowTokens,
                blocks.isRemote,
                blocks.isReused));
    }

    @Override
    public void removed(RemovedBlocks blocks) {
        events.add(new Removed(
                longs(blocks.hashes, blocks.hashCount),
                blocks.tier,
                blocks.group,
                blocks.hasRemainingCopies ? ints(blocks.remainingCopies, blocks.hashCount) : null,
                blocks.isRemote));
    }

    @Override
    public void cleared() {
        events.add(new Cleared());
    }

    private static @Nullable List<List<String>> extras(StoredBlocks blocks) {
        if (blocks.extras == null) {
            return null;
        }
        List<List<String>> extras = new ArrayList<>();
        for (int i = 0; i < blocks.hashCount; i++) {
            String[] block = blocks.extras[i];
            extras.add(block == null ? List.of() : List.of(block));
        }
        return extras;
    }

    private static List<Long> longs(long[] values, int count) {
        return Arrays.stream(values, 0, count).boxed().toList();
    }

    private static List<Integer> ints(int[] values, int count) {
        return IntStream.of(values).limit(count).boxed().toList();
    }
}
