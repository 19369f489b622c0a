package io.llmd.scheduler.prefix;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.kv.event.StorageTier;
import org.junit.jupiter.api.Test;

class HeldBlocksTest {

    @Test
    void blocksOfAStorageAreHeldAndNotReusableWhereAnEngineHasOtherGroups() {
        HeldBlocks held = new HeldBlocks(2);
        held.set(0, 3, 0, 0, 0, 0, 3);
        held.set(1, 3, 0, 0, 0, 0, 3);
        held.extend(0, 2, false);
        held.extend(1, 2, true);
        assertThat(held.reusable(0)).isEqualTo(5);
        assertThat(held.reusable(1)).isEqualTo(3);
        assertThat(held.blocks(1)).isEqualTo(5);
        assertThat(held.blocks(1, StorageTier.STORAGE)).isEqualTo(2);
    }

    @Test
    void blocksOfSlowTiersCountFirstAmongThoseThatCanBeReused() {
        HeldBlocks held = new HeldBlocks(2);
        held.set(0, 8, 0, 0, 2, 0, 2);
        held.set(1, 2, 1, 0, 2, 0, 5);
        double[] weights = {1, 0.8, 0.5, 0.5};
        assertThat(held.worth(0, weights)).isEqualTo(1.0);
        assertThat(held.worth(1, weights)).as("all of them").isEqualTo(3.8);
    }
}
