package io.llmd.simulator.kvevents;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SequenceFrameTest {

    @Test
    void numberIsEightBytesBigEndian() {
        assertThat(SequenceFrame.of(4711)).containsExactly(0, 0, 0, 0, 0, 0, 0x12, 0x67);
        assertThat(SequenceFrame.end()).containsExactly(-1, -1, -1, -1, -1, -1, -1, -1);
    }

    @Test
    void numberOfAnyLengthIsRead() {
        assertThat(SequenceFrame.read(SequenceFrame.of(4711))).isEqualTo(4711);
        assertThat(SequenceFrame.read(new byte[] {0x12, 0x67})).isEqualTo(4711);
        assertThat(SequenceFrame.read(new byte[0])).isZero();
        assertThat(SequenceFrame.read(new byte[] {0, 0, 0, 0, 0, 0, 0, 0, 0, 9}))
                .isEqualTo(9);
    }

    @Test
    void numberAboveSixtyFourBitsIsTheHighest() {
        assertThat(SequenceFrame.read(new byte[] {1, 0, 0, 0, 0, 0, 0, 0, 0})).isEqualTo(-1);
    }
}
