package io.llmd.simulator.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever is submitted and aborted when, the engine keeps its invariants; each call and event checks them. */
class EnginePropertyTest {

    /** One call: wait, then submit a prompt, or abort an earlier request. */
    private record Call(int waitMicros, boolean abort, int family, int promptTokens, int outputTokens, int victim) {}

    private record Script(int maxSeqs, int budget, int blocks, boolean caching, List<Call> calls) {}

    @Provide
    Arbitrary<Script> scripts() {
        Arbitrary<Call> calls = Combinators.combine(
                        Arbitraries.integers().between(0, 40_000),
                        Arbitraries.integers().between(0, 9),
                        Arbitraries.integers().between(1, 3),
                        Arbitraries.integers().between(1, 200),
                        Arbitraries.integers().between(0, 60),
                        Arbitraries.integers().between(0, 40))
                .as((wait, abort, family, prompt, output, victim) ->
                        new Call(wait, abort < 2, family, prompt, output, victim));
        return Combinators.combine(
                        Arbitraries.integers().between(1, 6),
                        Arbitraries.integers().between(1, 300),
                        Arbitraries.integers().between(18, 60),
                        Arbitraries.of(true, true, false),
                        calls.list().ofMinSize(1).ofMaxSize(25))
                .as(Script::new);
    }

    @Property(tries = 300, seed = "20260")
    void everyRequestEndsOnceWithItsTokensInOrder(@ForAll("scripts") Script script) {
        EngineFixture sim = run(script);
        EngineSnapshot end = sim.engine.snapshot();
        List<EngineEvent.Finished> finished = sim.all(EngineEvent.Finished.class);
        long submitted = script.calls().stream().filter(call -> !call.abort()).count();

        assertThat(finished).hasSize((int) submitted);
        assertThat(end.finished() + end.aborted()).isEqualTo(submitted);
        assertThat(end.active()).isZero();
        assertThat(end.usedBlocks()).isZero();
        for (EngineEvent.Finished one : finished) {
            List<EngineEvent.TokenProduced> tokens = sim.tokens(one.request().id());
            assertThat(tokens).hasSize(one.outputTokens());
            if (one.reason() != FinishReason.ABORT) {
                assertThat(tokens).hasSize(one.request().outputLength());
            }
            causality(one, tokens);
        }
    }

    private static void causality(EngineEvent.Finished end, List<EngineEvent.TokenProduced> tokens) {
        long before = end.times().arrival();
        if (!tokens.isEmpty()) {
            assertThat(end.times().queued()).isGreaterThanOrEqualTo(before);
            assertThat(end.times().scheduled())
                    .isGreaterThanOrEqualTo(end.times().queued());
            assertThat(tokens.getFirst().time()).isGreaterThan(end.times().scheduled());
        }
        for (int i = 0; i < tokens.size(); i++) {
            assertThat(tokens.get(i).index()).isEqualTo(i);
            assertThat(tokens.get(i).time()).isGreaterThan(before);
            assertThat(tokens.get(i).sincePrevious()).isEqualTo(tokens.get(i).time() - before);
            before = tokens.get(i).time();
        }
        assertThat(end.time()).isGreaterThanOrEqualTo(before);
    }

    @Property(tries = 300, seed = "20261")
    void stepsKeepBudgetAndFollowWithoutGaps(@ForAll("scripts") Script script) {
        EngineFixture sim = run(script);
        long previousEnd = Long.MIN_VALUE;
        for (EngineEvent.StepCompleted step : sim.all(EngineEvent.StepCompleted.class)) {
            assertThat(step.scheduledTokens()).isBetween(1, script.budget());
            assertThat(step.sequences()).isBetween(1, script.maxSeqs());
            assertThat(step.start()).isGreaterThanOrEqualTo(previousEnd);
            previousEnd = step.time();
        }
    }

    @Property(tries = 100, seed = "20262")
    void sameCallsGiveTheSameLog(@ForAll("scripts") Script script) {
        assertThat(log(run(script))).isEqualTo(log(run(script)));
    }

    @Property(tries = 100, seed = "20263")
    void lateCallerGetsTheLogOfAPunctualOne(@ForAll("scripts") Script script) {
        assertThat(log(run(script, true))).isEqualTo(log(run(script, false)));
    }

    private static EngineFixture run(Script script) {
        return run(script, true);
    }

    private static EngineFixture run(Script script, boolean punctual) {
        EngineFixture sim = new EngineFixture(settings(script));
        play(script, sim, punctual);
        return sim;
    }

    private static EngineSettings settings(Script script) {
        return EngineSettings.builder()
                .maxNumSeqs(script.maxSeqs())
                .maxNumBatchedTokens(script.budget())
                .blocks(script.blocks())
                .maxModelLen(270)
                .prefixCaching(script.caching())
                .latency(new LatencyModel.Compact("varied", 1, 20, 1, 5, 100, 900, 0))
                .noiseCv(0.1)
                .seed(7)
                .build();
    }

    private static void play(Script script, EngineFixture sim, boolean punctual) {
        List<Long> ids = new ArrayList<>();
        for (Call call : script.calls()) {
            long time = sim.now() + call.waitMicros() * 1_000L;
            while (punctual && sim.engine.nextEventTime() <= time) {
                sim.next();
            }
            sim.advanceTo(time);
            if (!call.abort()) {
                ids.add(sim.submit(EngineFixture.prompt(call.promptTokens(), call.family()), call.outputTokens()));
            } else if (!ids.isEmpty()) {
                sim.abort(ids.get(call.victim() % ids.size()));
            }
        }
        if (punctual) {
            sim.runUntilIdle();
        } else {
            sim.advanceTo(sim.now() + 3_600_000_000_000L);
        }
    }

    private static List<String> log(EngineFixture sim) {
        return sim.events.stream().map(EnginePropertyTest::line).toList();
    }

    private static String line(EngineEvent event) {
        return switch (event) {
            case EngineEvent.Finished end ->
                end.request().id() + " " + end.reason() + " " + end.outputTokens() + " " + end.times();
            case EngineEvent.BlocksStored stored ->
                stored.request().id() + " stored " + stored.firstBlock() + Arrays.toString(stored.hashes())
                        + stored.parent() + Arrays.toString(stored.tokens()) + stored.time();
            case EngineEvent.BlocksRemoved removed -> "removed " + Arrays.toString(removed.hashes()) + removed.time();
            default -> event.toString();
        };
    }

    @Property(tries = 300, seed = "20264")
    void runsOfDecodesGiveTheLogAndTheStateOfSingleSteps(@ForAll("longScripts") Script script) {
        assertAlike(script, EngineFixture.Listening.TOKENS, EngineFixture.Listening.NOTHING, false);
    }

    @Property(tries = 300, seed = "20265")
    void runsOfDecodesTellOfBlocksAsSingleStepsDo(@ForAll("longScripts") Script script) {
        assertAlike(script, EngineFixture.Listening.EVERYTHING, EngineFixture.Listening.BLOCKS, false);
    }

    @Property(tries = 300, seed = "20266")
    void runsOfDecodesGoOnAcrossCalls(@ForAll("longScripts") Script script) {
        assertAlike(script, EngineFixture.Listening.EVERYTHING, EngineFixture.Listening.BLOCKS, true);
    }

    private static void assertAlike(
            Script script, EngineFixture.Listening all, EngineFixture.Listening some, boolean punctual) {
        EngineFixture single = new EngineFixture(settings(script), all);
        EngineFixture runs = new EngineFixture(settings(script), some).unchecked();
        play(script, single, false);
        play(script, runs, punctual);
        assertThat(log(runs))
                .isEqualTo(log(single).stream()
                        .filter(line -> !line.startsWith("TokenProduced"))
                        .toList());
        assertThat(runs.engine.snapshot()).isEqualTo(single.engine.snapshot());
        assertThat(runs.engine.reported()).isEqualTo(single.engine.reported());
        runs.engine.check();
    }

    @Provide
    Arbitrary<Script> longScripts() {
        Arbitrary<Call> calls = Combinators.combine(
                        Arbitraries.integers().between(0, 200_000),
                        Arbitraries.integers().between(0, 9),
                        Arbitraries.integers().between(1, 4),
                        Arbitraries.integers().between(1, 100),
                        Arbitraries.integers().between(1, 150),
                        Arbitraries.integers().between(0, 40))
                .as((wait, abort, family, prompt, output, victim) ->
                        new Call(wait, abort < 1, family, prompt, output, victim));
        return Combinators.combine(
                        Arbitraries.integers().between(1, 6),
                        Arbitraries.integers().between(8, 300),
                        Arbitraries.integers().between(18, 60),
                        Arbitraries.of(true, true, false),
                        calls.list().ofMinSize(1).ofMaxSize(15))
                .as(Script::new);
    }
}
