package io.llmd.simulator.engine;

import static io.llmd.simulator.engine.EngineFixture.constant;
import static io.llmd.simulator.engine.EngineFixture.prompt;
import static io.llmd.simulator.engine.EngineFixture.settings;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class KvChangesTest {

    @Test
    void eventsReplayedGiveThePoolsCachedBlocks() {
        EngineFixture sim = new EngineFixture(settings(8, 8192, 100, 1584, constant()));
        sim.submit(prompt(500, 1), 100);
        sim.submit(prompt(500, 2), 100);
        sim.submit(prompt(500, 3), 100);
        sim.submit(prompt(600, 4), 200);
        assertThat(replayed(sim)).isNotEmpty();
        assertThat(sim.engine.snapshot().preemptions()).isEqualTo(1);
    }

    @Test
    void eventsOfARepeatedPromptGiveThePoolsCachedBlocks() {
        EngineFixture sim = EngineFixture.llama8b();
        sim.submit(prompt(2048, 1), 10);
        assertThat(replayed(sim)).hasSize(128);
        sim.submit(prompt(2048, 1), 10);
        assertThat(replayed(sim)).hasSize(128);
    }

    /** Runs to the end; what is known by the events is compared with the pool after each step. */
    private static Map<Long, Integer> replayed(EngineFixture sim) {
        Map<Long, Integer> index = new HashMap<>();
        int applied = 0;
        do {
            for (; applied < sim.events.size(); applied++) {
                apply(sim.events.get(applied), index);
            }
            assertThat(copies(index)).isEqualTo(sim.engine.snapshot().cachedBlocks());
        } while (sim.next());
        return index;
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

    private static void apply(EngineEvent event, Map<Long, Integer> index) {
        switch (event) {
            case EngineEvent.BlocksStored stored -> {
                for (long hash : stored.hashes()) {
                    index.merge(hash, 1, Integer::sum);
                }
            }
            case EngineEvent.BlocksRemoved removed -> {
                for (long hash : removed.hashes()) {
                    assertThat(index).containsKey(hash);
                    index.computeIfPresent(hash, (_, copies) -> copies == 1 ? null : copies - 1);
                }
            }
            case EngineEvent.BlocksCleared _ -> index.clear();
            default -> {
                // not about blocks
            }
        }
    }

    private static int copies(Map<Long, Integer> index) {
        return index.values().stream().mapToInt(Integer::intValue).sum();
    }
}
