package io.llmd.kv.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.kv.event.KvEvent;
import io.llmd.kv.event.KvEvent.BlockRemoved;
import io.llmd.kv.event.KvEvent.BlockStored;
import io.llmd.kv.event.KvEventBatch;
import io.llmd.kv.event.KvEventDecoder;
import io.llmd.kv.event.KvEventEncoder;
import io.llmd.kv.event.KvEventFormat;
import io.llmd.kv.event.TokenIds;
import io.llmd.kv.hash.BlockHash;
import io.llmd.kv.hash.BlockHashes;
import io.llmd.kv.index.BlockIndex;
import io.llmd.kv.index.IndexLane;
import io.llmd.kv.index.IndexSettings;
import io.llmd.kv.index.PrefixLookup;
import io.llmd.kv.key.KeyHasher;
import io.llmd.kv.key.KeyMode;
import io.llmd.kv.lane.LaneSettings;
import io.llmd.kv.lane.LaneState;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Who joins an engine that has forgotten its first batches learns what it can, and nothing that is not so. */
class WarmJoinTest {

    private static final int BATCHES = 4_000;
    private static final int REMEMBERED_FROM = 3_000;
    private static final int PROMPTS = 40;
    private static final int LONGEST = 30;

    private final KeyHasher hasher = KeyHasher.of(KeyMode.XXH64, "");
    private final BlockIndex index = new BlockIndex(IndexSettings.DEFAULT);
    private final PrefixLookup lookup = new PrefixLookup();
    private final IndexLane lane = index.addLane("a", 0);
    private final LaneState state = new LaneState(LaneSettings.of(hasher, "m", 1), lane);
    private final LaneReader reader = new LaneReader(new KvEventDecoder(), state, lane, this::millis, adapter -> {});
    private final KvEventEncoder encoder = new KvEventEncoder(KvEventFormat.ARRAY);
    private final List<byte[]> published = new ArrayList<>();
    private final int[] heldBlocks = new int[PROMPTS];
    private final int[] begunAt = new int[PROMPTS];
    private long millis;

    private long millis() {
        return millis;
    }

    /** A prompt gets longer, or loses its last block. */
    private void step(SplittableRandom random) {
        int prompt = random.nextInt(PROMPTS);
        int held = heldBlocks[prompt];
        int count = Math.min(1 + random.nextInt(3), LONGEST - held);
        boolean isStore = held == 0 || count > 0 && random.nextInt(100) < 30;
        if (isStore) {
            begunAt[prompt] = held == 0 ? published.size() : begunAt[prompt];
            long[] hashes = IntStream.range(held, held + count)
                    .mapToLong(block -> hash(prompt, block))
                    .toArray();
            int[] tokens = IntStream.range(held, held + count)
                    .map(block -> token(prompt, block))
                    .toArray();
            BlockHash parent = held == 0 ? null : BlockHash.ofId(hash(prompt, held - 1));
            publish(BlockStored.of(BlockHashes.ofIds(hashes), parent, TokenIds.of(tokens), 1));
            heldBlocks[prompt] += count;
        } else {
            publish(BlockRemoved.of(BlockHashes.ofIds(hash(prompt, held - 1))));
            heldBlocks[prompt]--;
        }
    }

    private void publish(KvEvent event) {
        published.add(encoder.encode(new KvEventBatch(1, List.of(event), 0)));
    }

    private static long hash(int prompt, int block) {
        return 1_000L * (prompt + 1) + block;
    }

    private static int token(int prompt, int block) {
        return 100 * (prompt + 1) + block;
    }

    private boolean isBelieved(int prompt, int block) {
        int[] tokens =
                IntStream.rangeClosed(0, block).map(each -> token(prompt, each)).toArray();
        long[] keys = new long[tokens.length];
        hasher.chain(hasher.root("m"), tokens, 0, keys.length, 1, keys, 0);
        index.match(new long[] {keys[block]}, 1, lookup);
        return lookup.size() > 0;
    }

    @Test
    @Tag("kv-index-34")
    void promptsThatBeganSinceAreKnownAndNothingIsBelievedThatTheEngineLacks() {
        SplittableRandom random = new SplittableRandom(11);
        while (published.size() < BATCHES) {
            step(random);
        }
        LaneFeed feed = new LaneFeed("a", 0, LaneFeedSettings.DEFAULT, reader, new RememberedOnly());
        feed.connected(0);
        for (int i = REMEMBERED_FROM; i < BATCHES; i++) {
            feed.replayed(0, i, published.get(i), 0, published.get(i).length);
        }
        feed.replayEnded(0);
        millis = 3_000;
        state.tidy(millis);

        assertThat(feed.state()).isEqualTo(SourceState.EXACT);
        assertThat(lane.isComplete()).isFalse();
        assertThat(state.counters().orphans()).as("children of unknown parents").isPositive();
        assertThat(state.waitingEvents()).isZero();
        int believed = 0;
        int begunSince = 0;
        for (int prompt = 0; prompt < PROMPTS; prompt++) {
            begunSince += begunAt[prompt] >= REMEMBERED_FROM ? heldBlocks[prompt] : 0;
            for (int block = 0; block < LONGEST; block++) {
                boolean isBelieved = isBelieved(prompt, block);
                believed += isBelieved ? 1 : 0;
                if (block >= heldBlocks[prompt]) {
                    assertThat(isBelieved)
                            .as("block %d of prompt %d", block, prompt)
                            .isFalse();
                } else if (begunAt[prompt] >= REMEMBERED_FROM) {
                    assertThat(isBelieved)
                            .as("block %d of prompt %d", block, prompt)
                            .isTrue();
                }
            }
        }
        assertThat(begunSince).isBetween(1, believed);
    }

    /** Asked for everything, the engine has only what it remembers. */
    private static final class RememberedOnly implements ReplayPort {

        @Override
        public void request(long fromSequence) {
            assertThat(fromSequence).isZero();
        }

        @Override
        public void cancel() {}
    }
}
