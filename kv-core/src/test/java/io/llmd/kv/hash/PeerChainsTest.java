package io.llmd.kv.hash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.ByteBuffer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Vectors of specs/kv-cache-index.md 2.8. */
class PeerChainsTest {

    private static final int[] EIGHT = IntStream.rangeClosed(1, 8).toArray();
    private static final int[] FORTY_EIGHT = IntStream.range(0, 48).toArray();

    @Test
    void dynamoBlocksAndSequencesMatch() {
        assertThat(hex(PeerChains.dynamoBlocks(EIGHT, 4))).isEqualTo("cb38e4d7fb2dca5c e8d3ec39b907b74c");
        assertThat(hex(PeerChains.dynamo(EIGHT, 4))).isEqualTo("cb38e4d7fb2dca5c 44a2b2379d6d3c3d");
        assertThat(hex(PeerChains.dynamoBlocks(FORTY_EIGHT, 16)))
                .isEqualTo("d47a8f41c833328a d43939178abd00db 4cc8f942aaf401a2");
        assertThat(hex(PeerChains.dynamo(FORTY_EIGHT, 16)))
                .isEqualTo("d47a8f41c833328a bf15dffb16447f38 a4dda066f3c1e1a0");
    }

    @Test
    void sglangDigestsMatch() {
        BlockHashes hashes = PeerChains.sglang(IntStream.rangeClosed(1, 48).toArray(), 16);
        assertThat(hashes.get(0)).hasToString("77d735ce838418aa151bd96b5b1e78ee63860892e0a95c00fe34178442be9b07");
        assertThat(firstEight(hashes))
                .containsExactly(8635429971592222890L, 1256577331724852459L, 5689809685380680247L);
        assertThat(firstEight(PeerChains.sglang(new int[] {0}, 1))).containsExactly(-2360060374177730597L);
    }

    @Test
    void blocksThatAreNotFullHaveNoHash() {
        assertThat(PeerChains.dynamo(EIGHT, 5).size()).isOne();
        assertThat(PeerChains.sglang(EIGHT, Integer.MAX_VALUE).size()).isZero();
        assertThat(PeerChains.dynamo(EIGHT, Integer.MAX_VALUE).size()).isZero();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PeerChains.sglang(EIGHT, 0))
                .withMessage("blockTokens: 0 (expected: > 0)");
    }

    private static String hex(BlockHashes hashes) {
        return IntStream.range(0, hashes.size())
                .mapToObj(i -> hashes.get(i).toString())
                .collect(Collectors.joining(" "));
    }

    private static long[] firstEight(BlockHashes hashes) {
        return IntStream.range(0, hashes.size())
                .mapToLong(i -> ByteBuffer.wrap(hashes.get(i).digest()).getLong())
                .toArray();
    }
}
