package io.llmd.simulator.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever is withheld when, the engine keeps its invariants; each call and event checks them. */
class WithheldBlocksPropertyTest {
    private static final int BLOCKS = 30;

    /** One call: wait, then withhold blocks, abort, or submit a prompt. */
    private record Call(int waitMicros, int kind, int withheld, int family, int promptTokens, int outputTokens) {}

    @Provide
    Arbitrary<List<Call>> calls() {
        return Combinators.combine(
                        Arbitraries.integers().between(0, 60_000),
                        Arbitraries.integers().between(0, 9),
                        Arbitraries.integers().between(0, BLOCKS - 1),
                        Arbitraries.integers().between(1, 3),
                        Arbitraries.integers().between(1, 200),
                        Arbitraries.integers().between(0, 60))
                .as(Call::new)
                .list()
                .ofMinSize(2)
                .ofMaxSize(25);
    }

    @Property(tries = 300, seed = "20280")
    void requestsEndOnceTheBlocksAreBack(@ForAll("calls") List<Call> calls) {
        EngineFixture sim = new EngineFixture(settings(40));
        int submitted = play(calls, sim);
        sim.withhold(0);
        sim.runUntilIdle();
        EngineSnapshot end = sim.engine.snapshot();
        assertThat(end.finished() + end.aborted()).isEqualTo(submitted);
        assertThat(end.active()).isZero();
        assertThat(end.usedBlocks()).isZero();
    }

    @Property(tries = 100, seed = "20282")
    void idleEngineHoldsBackExactlyWhatItIsTold(@ForAll("calls") List<Call> calls) {
        EngineFixture sim = new EngineFixture(settings(300));
        for (Call call : calls) {
            sim.withhold(call.withheld());
            assertThat(sim.engine.snapshot().usedBlocks()).isEqualTo(call.withheld());
        }
    }

    private static EngineSettings settings(int budget) {
        return EngineSettings.builder()
                .maxNumSeqs(5)
                .maxNumBatchedTokens(budget)
                .blocks(BLOCKS)
                .maxModelLen(270)
                .latency(new LatencyModel.Compact("varied", 1, 20, 1, 5, 100, 900, 0))
                .seed(7)
                .build();
    }

    private static int play(List<Call> calls, EngineFixture sim) {
        int submitted = 0;
        for (Call call : calls) {
            long time = sim.now() + call.waitMicros() * 1_000L;
            while (sim.engine.nextEventTime() <= time) {
                sim.next();
            }
            sim.advanceTo(time);
            switch (call.kind()) {
                case 0, 1, 2 -> sim.withhold(call.withheld());
                case 3 -> sim.abort(call.promptTokens() % 25);
                default -> {
                    sim.submit(EngineFixture.prompt(call.promptTokens(), call.family()), call.outputTokens());
                    submitted++;
                }
            }
        }
        return submitted;
    }
}
