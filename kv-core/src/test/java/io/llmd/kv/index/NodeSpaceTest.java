package io.llmd.kv.index;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NodeSpaceTest {

    private final NodeSpace space = new NodeSpace();

    @Test
    void runsAreNextToEachOther() {
        space.grow(1024);
        assertThat(space.claim(300)).isZero();
        assertThat(space.claimed()).isEqualTo(300);
        assertThat(space.claim(100)).isEqualTo(300);
    }

    @Test
    void aChainOfOneBlockHasRoomForItsNextOnes() {
        space.grow(1024);
        int first = space.claim(1);
        int other = space.claim(1);
        assertThat(other - first).isEqualTo(16);
        assertThat(space.claimAfter(first, 1)).isEqualTo(first + 1);
        assertThat(space.claimAfter(first + 1, 100)).isEqualTo(first + 2);
        assertThat(space.claimed()).isEqualTo(14);
        assertThat(space.claimAfter(first + 15, 1)).isEqualTo(-1);
    }

    @Test
    void freedNeighboursAreOneRunAgain() {
        space.grow(1024);
        space.claim(1024);
        for (int node = 200; node < 400; node++) {
            space.free(node);
        }
        assertThat(space.claim(150)).isEqualTo(200);
        assertThat(space.claimed()).isEqualTo(150);
    }

    @Test
    void noNodeIsHandedOutTwiceAndAlmostAllAreUsedBeforeMoreAreAskedFor() {
        Random random = new Random(3);
        BitSet mine = new BitSet();
        space.grow(1 << 14);
        for (int step = 0; step < 100_000; step++) {
            if (random.nextInt(3) == 0 && !mine.isEmpty()) {
                int node = mine.nextSetBit(random.nextInt(mine.length()));
                mine.clear(node);
                space.free(node);
            } else {
                int want = 1 + random.nextInt(30);
                int first = space.claim(want);
                if (first < 0) {
                    assertThat((double) space.used() / space.capacity()).isGreaterThan(0.9);
                    space.grow(1 << 10);
                    continue;
                }
                for (int node = first; node < first + space.claimed(); node++) {
                    if (mine.get(node)) {
                        throw new AssertionError("node " + node + " twice");
                    }
                    mine.set(node);
                }
            }
        }
        assertThat(space.used()).isEqualTo(mine.cardinality());
    }
}
