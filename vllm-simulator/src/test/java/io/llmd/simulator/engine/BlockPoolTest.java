package io.llmd.simulator.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BlockPoolTest {
    private static final int HOME = 5;

    private final BlockPool pool = new BlockPool(4);

    @AfterEach
    void invariantsHold() {
        pool.check();
    }

    @Test
    void reservedBlockIsNeverGivenOut() {
        assertThat(pool.total()).isEqualTo(3);
        assertThat(new int[] {pool.allocate(), pool.allocate(), pool.allocate()})
                .containsExactly(1, 2, 3);
        assertThatIllegalStateException().isThrownBy(pool::allocate);
    }

    @Test
    void freedBlocksAreReusedInTheOrderTheyWereFreed() {
        int a = pool.allocate();
        int b = pool.allocate();
        pool.release(b);
        pool.release(a);
        assertThat(new int[] {pool.allocate(), pool.allocate(), pool.allocate()})
                .containsExactly(3, b, a);
    }

    @Test
    void freeBlockKeepsItsContentUntilItIsReused() {
        int block = pool.allocate();
        pool.register(block, 42, HOME);
        pool.release(block);
        assertThat(pool.find(42, HOME)).isEqualTo(block);

        pool.acquireCached(block);
        assertThat(pool.free()).isEqualTo(2);
        pool.release(block);
        pool.allocate();
        pool.allocate();
        assertThat(pool.allocate()).isEqualTo(block);
        assertThat(pool.find(42, HOME)).isEqualTo(BlockPool.NONE);
    }

    @Test
    void twinTakesOverWhenTheFirstIsEvicted() {
        int first = pool.allocate();
        int twin = pool.allocate();
        pool.register(first, 42, HOME);
        pool.register(twin, 42, HOME);
        assertThat(pool.find(42, HOME)).isEqualTo(first);
        pool.allocate();
        pool.release(first);
        assertThat(pool.allocate()).isEqualTo(first);
        assertThat(pool.find(42, HOME)).isEqualTo(twin);
    }

    @Test
    void sharedBlockIsFreeAfterItsLastReference() {
        int block = pool.allocate();
        pool.register(block, 42, HOME);
        pool.acquireCached(block);
        pool.release(block);
        assertThat(pool.free()).isEqualTo(2);
        pool.release(block);
        assertThat(pool.free()).isEqualTo(3);
        assertThatIllegalStateException().isThrownBy(() -> pool.release(block));
    }

    @Test
    void withheldBlocksAreNotGivenOutAndLoseTheirContent() {
        int block = pool.allocate();
        pool.register(block, 42, HOME);
        pool.release(block);
        pool.withhold(3);
        assertThat(pool.free()).isZero();
        assertThat(pool.used()).isEqualTo(3);
        assertThat(pool.held()).isZero();
        assertThat(pool.find(42, HOME)).isEqualTo(BlockPool.NONE);
        assertThat(pool.takeEvicted()).containsExactly(42);
        pool.withhold(1);
        assertThat(pool.free()).isEqualTo(2);
    }

    @Test
    void blockInUseIsWithheldWhenItIsReleased() {
        int a = pool.allocate();
        int b = pool.allocate();
        pool.withhold(2);
        assertThat(pool.held()).isEqualTo(2);
        pool.release(a);
        assertThat(pool.free()).isZero();
        pool.release(b);
        assertThat(pool.free()).isEqualTo(1);
        pool.withhold(0);
        assertThat(pool.free()).isEqualTo(3);
    }
}
