package io.llmd.kv.hash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class BlockHashesTest {

    private static final byte[] DIGESTS = {9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20};

    @Test
    void idsComeBack() {
        BlockHashes hashes = BlockHashes.ofIds(1, -1);
        assertThat(hashes.size()).isEqualTo(2);
        assertThat(hashes.id(0)).isEqualTo(1);
        assertThat(hashes.id(1)).isEqualTo(-1);
        assertThat(hashes.get(1)).isEqualTo(BlockHash.ofId(-1));
    }

    @Test
    void idOfALongerDigestIsItsLastEightBytes() {
        BlockHashes hashes = BlockHashes.ofDigests(10, DIGESTS, 1, 2);
        assertThat(hashes.id(0)).isEqualTo(0x030405060708090aL);
        assertThat(hashes.id(1)).isEqualTo(0x0d0e0f1011121314L);
        assertThat(hashes.get(1)).hasToString("0b0c0d0e0f1011121314");
        assertThat(hashes.get(0).id()).isEqualTo(0x030405060708090aL);
    }

    @Test
    void digestsAreCopiedBothWays() {
        byte[] source = DIGESTS.clone();
        BlockHashes hashes = BlockHashes.ofDigests(10, source, 1, 2);
        source[1] = 99;
        hashes.get(0).digest()[0] = 99;
        assertThat(hashes).isEqualTo(BlockHashes.ofDigests(10, DIGESTS, 1, 2));
    }

    @Test
    void equalBytesWithAnotherLengthAreNotEqual() {
        byte[] zeros = new byte[16];
        assertThat(BlockHashes.ofDigests(8, zeros, 0, 2)).isNotEqualTo(BlockHashes.ofDigests(16, zeros, 0, 1));
    }

    @Test
    void shortDigestIsRejected() {
        assertThatThrownBy(() -> BlockHashes.ofDigests(7, DIGESTS, 0, 1))
                .hasMessage("digest bytes: 7 (expected: >= 8)");
        assertThatThrownBy(() -> BlockHash.of(DIGESTS, 0, 7)).hasMessage("digest bytes: 7 (expected: >= 8)");
    }

    @Test
    void rangeOutsideOfTheArrayIsRejected() {
        assertThatThrownBy(() -> BlockHashes.ofDigests(10, DIGESTS, 2, 2))
                .hasMessage("digests: bytes 2 to 22 (expected: within 0 to 21)");
    }

    @Test
    void indexOutsideIsRejected() {
        assertThatThrownBy(() -> BlockHashes.ofIds(1).id(1)).hasMessage("index: 1 (expected: 0 to 0)");
    }
}
