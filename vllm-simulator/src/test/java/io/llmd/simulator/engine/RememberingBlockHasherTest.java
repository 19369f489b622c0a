package io.llmd.simulator.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RememberingBlockHasherTest {
    private static final int BLOCK = 4;

    private final BlockHasher plain = new FastBlockHasher("seed", BLOCK);
    private final Counting counted = new Counting(plain, true);
    private final BlockHasher remembering = new RememberingBlockHasher(counted, BLOCK);
    private final int[] prompt = EngineFixture.prompt(22, 1);

    private EngineRequest request(@Nullable String salt, @Nullable String adapter, List<MediaKey> media) {
        return new EngineRequest(
                1, prompt, 30, 30, FinishReason.LENGTH, i -> 7 * i, 0, salt, adapter, media, 0, false, 0);
    }

    private EngineRequest request() {
        return request(null, null, List.of());
    }

    /** Hashes of the first blocks of a request, output included. */
    private static long[] hashes(BlockHasher hasher, EngineRequest request, int blocks) {
        BlockHasher.Chain chain = hasher.begin(request);
        long[] hashes = new long[blocks];
        int[] tokens = new int[blocks * BLOCK];
        for (int i = 0; i < tokens.length; i++) {
            int length = request.prompt().length;
            tokens[i] = i < length ? request.prompt()[i] : request.output().tokenAt(i - length);
        }
        for (int i = 0; i < blocks; i++) {
            hashes[i] = chain.next(tokens, i * BLOCK);
        }
        return hashes;
    }

    @Test
    void hashesAreThoseOfTheOtherHasherAtEveryComing() {
        long[] expected = hashes(plain, request(), 9);
        for (int coming = 0; coming < 4; coming++) {
            assertThat(hashes(remembering, request(), 9)).isEqualTo(expected);
        }
    }

    @Test
    void promptIsHashedTwiceAndNeverAgain() {
        for (int coming = 0; coming < 5; coming++) {
            hashes(remembering, request(), 5);
        }
        assertThat(counted.blocks).isEqualTo(10);
    }

    @Test
    void whatFollowsThePromptIsHashedAlone() {
        hashes(remembering, request(), 5);
        hashes(remembering, request(), 5);
        counted.blocks = 0;
        assertThat(hashes(remembering, request(), 9)).isEqualTo(hashes(plain, request(), 9));
        assertThat(counted.blocks).isEqualTo(4);
    }

    @Test
    void lookThatStoppedEarlyIsContinuedByALaterOne() {
        hashes(remembering, request(), 1);
        hashes(remembering, request(), 2);
        assertThat(hashes(remembering, request(), 9)).isEqualTo(hashes(plain, request(), 9));
        assertThat(hashes(remembering, request(), 9)).isEqualTo(hashes(plain, request(), 9));
    }

    @Test
    void knownHashesAreTakenAtOnceAsFarAsThereIsRoom() {
        hashes(remembering, request(), 5);
        hashes(remembering, request(), 5);
        counted.blocks = 0;
        long[] all = hashes(plain, request(), 5);
        long[] taken = new long[4];

        BlockHasher.Chain chain = remembering.begin(request());

        assertThat(chain.takeKnown(taken, 1)).isEqualTo(3);
        assertThat(taken).containsExactly(0, all[0], all[1], all[2]);
        assertThat(chain.next(prompt, 3 * BLOCK)).isEqualTo(all[3]);
        assertThat(counted.blocks).isZero();
    }

    @Test
    void nothingIsTakenAtTheFirstComing() {
        assertThat(remembering.begin(request()).takeKnown(new long[4], 0)).isZero();
    }

    @Test
    void chainThatCannotSkipSeesAllBlocks() {
        BlockHasher thorough = new RememberingBlockHasher(new Counting(plain, false), BLOCK);
        for (int coming = 0; coming < 4; coming++) {
            assertThat(hashes(thorough, request(), 9)).isEqualTo(hashes(plain, request(), 9));
        }
    }

    @Test
    void saltAdapterAndMediaKeepPromptsApart() {
        List<EngineRequest> requests = List.of(
                request(),
                request("salt", null, List.of()),
                request(null, "adapter", List.of()),
                request(null, null, List.of(new MediaKey("image", 2, 3))));
        for (int coming = 0; coming < 4; coming++) {
            for (EngineRequest request : requests) {
                assertThat(hashes(remembering, request, 6)).isEqualTo(hashes(plain, request, 6));
            }
        }
    }

    private static final class Counting implements BlockHasher {
        private final BlockHasher hasher;
        private final boolean canSkip;
        private int blocks;

        Counting(BlockHasher hasher, boolean canSkip) {
            this.hasher = hasher;
            this.canSkip = canSkip;
        }

        @Override
        public Chain begin(EngineRequest request) {
            Chain chain = hasher.begin(request);
            return new Chain() {
                @Override
                public long next(int[] tokens, int from) {
                    blocks++;
                    return chain.next(tokens, from);
                }

                @Override
                public boolean skip(int known, long last) {
                    return canSkip && chain.skip(known, last);
                }
            };
        }
    }
}
