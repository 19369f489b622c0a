package io.llmd.gateway.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.llmd.gateway.observe.MemoryPressure.Level;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.internal.PlatformDependent;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MemoryPressureTest {

    private double used;
    private int collections;
    private final MemoryPressure memory = new MemoryPressure(0.85, 0.92, () -> used, () -> collections++);

    private Level at(double share) {
        used = share;
        memory.sample();
        return memory.level();
    }

    @ParameterizedTest
    @CsvSource({"0, NONE", "0.84, NONE", "0.85, HIGH", "0.91, HIGH", "0.92, CRITICAL", "1, CRITICAL"})
    void levelsBeginAtTheirThresholds(double share, Level level) {
        assertThat(at(share)).isEqualTo(level);
    }

    @Test
    void aLevelLastsUntilThereIsSomeRoom() {
        assertThat(at(0.93)).isEqualTo(Level.CRITICAL);
        assertThat(at(0.88)).isEqualTo(Level.CRITICAL);
        assertThat(at(0.86)).isEqualTo(Level.HIGH);
        assertThat(at(0.81)).isEqualTo(Level.HIGH);
        assertThat(at(0.79)).isEqualTo(Level.NONE);
        assertThat(at(0.84)).isEqualTo(Level.NONE);
    }

    @Test
    void whereNothingMayEnterACollectionIsAskedForEvery20Seconds() {
        for (int i = 0; i < 4 * 60; i++) {
            at(0.95);
        }
        assertThat(collections).isEqualTo(3);

        for (int i = 0; i < 4 * 60; i++) {
            at(0.86);
        }
        assertThat(collections).as("at a level where requests go on").isEqualTo(3);
    }

    @Test
    void directBuffersCount() {
        double before = MemoryPressure.directShare();
        ByteBuffer large = ByteBuffer.allocateDirect(64 << 20);

        double with = MemoryPressure.directShare();

        assertThat(with - before).isGreaterThan(0.9 * large.capacity() / PlatformDependent.maxDirectMemory());
        assertThat(with).isLessThan(1);
    }

    @Test
    void whatThePoolHasReservedAndNobodyUsesDoesNotCount() {
        PooledByteBufAllocator pool = PooledByteBufAllocator.DEFAULT;
        double before = MemoryPressure.directShare();
        List<ByteBuf> buffers = new ArrayList<>();
        for (int i = 0; i < 256; i++) {
            buffers.add(pool.directBuffer(64 << 10));
        }
        double with = MemoryPressure.directShare();
        long reserved = pool.metric().usedDirectMemory();
        // One for each chunk stays, so that none of them is given back.
        for (int i = 0; i < 256; i++) {
            if (i % 16 != 0) {
                buffers.get(i).release();
            }
        }

        assertThat(pool.metric().usedDirectMemory()).isEqualTo(reserved);
        assertThat(with - before).isGreaterThan(0.9 * (16 << 20) / PlatformDependent.maxDirectMemory());
        assertThat(MemoryPressure.directShare() - before)
                .isLessThan(0.3 * (16 << 20) / PlatformDependent.maxDirectMemory());
        for (int i = 0; i < 256; i += 16) {
            buffers.get(i).release();
        }
    }

    @Test
    void thresholdsMustBeInOrder() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new MemoryPressure(0.9, 0.8))
                .withMessageContaining("memory-high: 0.9");
    }
}
