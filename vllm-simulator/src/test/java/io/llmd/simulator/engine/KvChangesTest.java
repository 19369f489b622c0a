package io.llmd.simulator.engine;

import static io.llmd.simulator.engine.EngineFixture.constant;
import static io.llmd.simulator.engine.EngineFixture.prompt;
import static io.llmd.simulator.engine.EngineFixture.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class KvChangesTest {

    @Test
    void preemptionLeavesTheEventsInStepWithThePool() {
        EngineFixture sim = new EngineFixture(settings(8, 8192, 100, 1584, constant()));
        sim.submit(prompt(500, 1), 100);
        sim.submit(prompt(500, 2), 100);
        sim.submit(prompt(500, 3), 100);
        sim.submit(prompt(600, 4), 200);
        sim.runUntilIdle();
        assertThat(sim.engine.snapshot().preemptions()).isEqualTo(1);
        assertThat(sim.toldBlocks())
                .isEqualTo(sim.engine.snapshot().cachedBlocks())
                .isPositive();
    }

    @Test
    void repeatedPromptCachesNothingMore() {
        EngineFixture sim = EngineFixture.llama8b();
        sim.submit(prompt(2048, 1), 10);
        sim.runUntilIdle();
        assertThat(sim.toldBlocks()).isEqualTo(128);
        sim.submit(prompt(2048, 1), 10);
        sim.runUntilIdle();
        assertThat(sim.toldBlocks()).isEqualTo(128);
    }

    @Test
    void eventsThatMissABlockAreNoticed() {
        ToldBlocks told = new ToldBlocks();
        told.apply(new EngineEvent.BlocksStored(
                EngineRequest.text(1, prompt(32, 1), 1, _ -> 1), 0, new long[] {5, 6, 5}, 0, new int[0], 0));
        told.requireEqual(new long[] {5, 5, 6});
        assertThatThrownBy(() -> told.requireEqual(new long[] {5, 6})).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> told.requireEqual(new long[] {5, 6, 7})).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> told.apply(new EngineEvent.BlocksRemoved(new long[] {7}, 0)))
                .isInstanceOf(AssertionError.class);
    }

    @Test
    void storedBlocksNameTheirParentAndTokens() {
        EngineFixture sim = new EngineFixture(settings(8, 8192, 100, 1584, constant()));
        sim.submit(prompt(32, 1), 20);
        sim.runUntilIdle();
        var stored = sim.all(EngineEvent.BlocksStored.class);
        assertThat(stored).hasSize(2);
        assertThat(stored.getFirst().hashes()).hasSize(2);
        assertThat(stored.getFirst().tokens()).isEqualTo(prompt(32, 1));
        assertThat(stored.getLast().firstBlock()).isEqualTo(2);
        assertThat(stored.getLast().parent()).isEqualTo(stored.getFirst().hashes()[1]);
        assertThat(stored.getLast().tokens()).hasSize(16);
    }

    @Test
    void equalPromptsInOneStepShareTheirBlocks() {
        EngineFixture sim = new EngineFixture(settings(8, 8192, 1000, 4096, constant()));
        long first = sim.submit(prompt(64, 1), 1);
        long second = sim.submit(prompt(64, 1), 1);
        sim.runUntilIdle();
        assertThat(sim.finished(first).cachedTokens()).isZero();
        assertThat(sim.finished(second).cachedTokens()).isEqualTo(48);
    }
}
