package io.llmd.simulator.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.simulator.engine.EngineScript.Action;
import io.llmd.simulator.engine.EngineScript.Ask;
import io.llmd.simulator.engine.EngineScript.Call;
import io.llmd.simulator.engine.EngineScript.Kind;
import io.llmd.simulator.engine.EngineScript.Limits;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.statistics.Statistics;

/** Whatever is called when, the engine keeps its invariants; each call and event checks them. */
class EnginePropertyTest {
    private static final int ROOMY = 500;

    @Property(tries = 300, seed = "20260", edgeCases = EdgeCasesMode.NONE)
    void everyRequestEndsOnceWithItsTokensInOrder(@ForAll("scripts") EngineScript script) {
        EngineFixture sim = punctual(script);
        EngineSnapshot end = sim.engine.snapshot();
        List<EngineEvent.Finished> finished = sim.all(EngineEvent.Finished.class);

        assertThat(finished).hasSize(submitted(script));
        assertThat(finished).extracting(one -> one.request().id()).doesNotHaveDuplicates();
        assertThat(end.active()).isZero();
        assertThat(end.leases()).isZero();
        assertThat(end.usedBlocks()).isZero();
        for (EngineEvent.Finished one : finished) {
            List<EngineEvent.TokenProduced> tokens = sim.tokens(one.request().id());
            assertThat(tokens).hasSize(one.outputTokens());
            if (one.reason().isClean()) {
                assertThat(tokens).hasSize(one.request().outputLength());
            }
            causality(one, tokens);
        }
        collect("preempted", end.preemptions() > 0, 20);
        collect("aborted", end.aborted() > 0, 20);
        collect("failed", end.failed() > 0, 20);
        collect("loaded", finished.stream().anyMatch(one -> one.loadedTokens() > 0), 20);
        collect("leases", !sim.all(EngineEvent.LeaseEnded.class).isEmpty(), 20);
        collect("media", end.mediaQueries() > 0, 20);
    }

    private static void collect(String label, boolean seen, double leastPercent) {
        Statistics.label(label)
                .collect(seen)
                .coverage(coverage -> coverage.check(true).percentage(share -> share > leastPercent));
    }

    private static int submitted(EngineScript script) {
        return (int) script.calls().stream()
                .filter(call -> call.action() == Action.SUBMIT)
                .count();
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

    /** Invariant 10. What a sequence computes is seen in the tokens of the blocks that it fills. */
    @Property(tries = 150, seed = "20267", edgeCases = EdgeCasesMode.NONE)
    void preemptedRequestsComputeWhatTheyDoInALargePool(@ForAll("crowds") EngineScript script) {
        EngineFixture tight = punctual(script);
        EngineFixture large = punctual(script.withBlocks(ROOMY));

        assertThat(large.engine.snapshot().preemptions()).isZero();
        for (EngineEvent.Finished end : large.all(EngineEvent.Finished.class)) {
            long id = end.request().id();
            assertThat(tight.finished(id).reason()).isEqualTo(end.reason());
            assertThat(tight.finished(id).outputTokens()).isEqualTo(end.outputTokens());
            assertThat(indices(tight, id)).isEqualTo(indices(large, id));
        }
        Map<Long, String> contents = contents(large);
        contents(tight).forEach((hash, tokens) -> assertThat(contents).containsEntry(hash, tokens));
        collect("preempted", tight.engine.snapshot().preemptions() > 0, 60);
    }

    private static List<Integer> indices(EngineFixture sim, long id) {
        return sim.tokens(id).stream().map(EngineEvent.TokenProduced::index).toList();
    }

    /** The tokens behind each hash that was stored, which are those of the request's prompt and output. */
    private static Map<Long, String> contents(EngineFixture sim) {
        Map<Long, String> contents = new HashMap<>();
        for (EngineEvent.BlocksStored stored : sim.all(EngineEvent.BlocksStored.class)) {
            int size = stored.tokens().length / stored.hashes().length;
            for (int i = 0; i < stored.hashes().length; i++) {
                int from = (stored.firstBlock() + i) * size;
                int[] known = IntStream.range(from, from + size)
                        .map(position -> token(stored.request(), position))
                        .toArray();
                assertThat(Arrays.copyOfRange(stored.tokens(), i * size, (i + 1) * size))
                        .isEqualTo(known);
                assertThat(contents.merge(stored.hashes()[i], Arrays.toString(known), (before, same) -> before))
                        .isEqualTo(Arrays.toString(known));
            }
        }
        return contents;
    }

    private static int token(EngineRequest request, int position) {
        int[] prompt = request.prompt();
        return position < prompt.length ? prompt[position] : request.output().tokenAt(position - prompt.length);
    }

    @Property(tries = 300, seed = "20261", edgeCases = EdgeCasesMode.NONE)
    void stepsKeepBudgetAndFollowWithoutGaps(@ForAll("scripts") EngineScript script) {
        EngineFixture sim = punctual(script);
        long previousEnd = Long.MIN_VALUE;
        for (EngineEvent.StepCompleted step : sim.all(EngineEvent.StepCompleted.class)) {
            assertThat(step.scheduledTokens()).isBetween(1, script.limits().budget());
            assertThat(step.sequences()).isBetween(1, script.limits().maxSeqs());
            assertThat(step.start()).isGreaterThanOrEqualTo(previousEnd);
            previousEnd = step.time();
        }
    }

    @Property(tries = 100, seed = "20262", edgeCases = EdgeCasesMode.NONE)
    void sameCallsGiveTheSameLog(@ForAll("scripts") EngineScript script) {
        assertThat(log(punctual(script))).isEqualTo(log(punctual(script)));
    }

    @Property(tries = 100, seed = "20263", edgeCases = EdgeCasesMode.NONE)
    void lateCallerGetsTheLogOfAPunctualOne(@ForAll("scripts") EngineScript script) {
        EngineFixture late = new EngineFixture(script.settings());
        script.playLate(late);
        assertThat(log(late)).isEqualTo(log(punctual(script)));
    }

    private static EngineFixture punctual(EngineScript script) {
        EngineFixture sim = new EngineFixture(script.settings());
        script.playPunctually(sim);
        return sim;
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

    @Property(tries = 300, seed = "20264", edgeCases = EdgeCasesMode.NONE)
    void runsOfDecodesGiveTheLogAndTheStateOfSingleSteps(@ForAll("longScripts") EngineScript script) {
        EngineFixture runs = runs(script, EngineFixture.Listening.NOTHING);
        script.playLate(runs);
        assertAlike(runs, script, EngineFixture.Listening.TOKENS);
    }

    @Property(tries = 300, seed = "20265", edgeCases = EdgeCasesMode.NONE)
    void runsOfDecodesTellOfBlocksAsSingleStepsDo(@ForAll("longScripts") EngineScript script) {
        EngineFixture runs = runs(script, EngineFixture.Listening.BLOCKS);
        script.playLate(runs);
        assertAlike(runs, script, EngineFixture.Listening.EVERYTHING);
    }

    @Property(tries = 300, seed = "20266", edgeCases = EdgeCasesMode.NONE)
    void runsOfDecodesGoOnAcrossCalls(@ForAll("longScripts") EngineScript script) {
        EngineFixture runs = runs(script, EngineFixture.Listening.BLOCKS);
        script.playPunctually(runs);
        assertAlike(runs, script, EngineFixture.Listening.EVERYTHING);
    }

    private static EngineFixture runs(EngineScript script, EngineFixture.Listening listening) {
        return new EngineFixture(script.settings(), listening).unchecked();
    }

    private static void assertAlike(EngineFixture runs, EngineScript script, EngineFixture.Listening listening) {
        EngineFixture single = new EngineFixture(script.settings(), listening);
        script.playLate(single);
        assertThat(log(runs))
                .isEqualTo(log(single).stream()
                        .filter(line -> !line.startsWith("TokenProduced"))
                        .toList());
        assertThat(runs.engine.snapshot()).isEqualTo(single.engine.snapshot());
        assertThat(runs.engine.reported()).isEqualTo(single.engine.reported());
        runs.engine.check();
    }

    @Provide
    Arbitrary<EngineScript> scripts() {
        return scripts(limits(1, 60), asks(200, 0, 60, Kind.values()), 40_000, 25, Action.values());
    }

    @Provide
    Arbitrary<EngineScript> longScripts() {
        return scripts(limits(1, 60), asks(100, 1, 150, Kind.values()), 200_000, 15, Action.values());
    }

    /** Many requests, all of which end by themselves. */
    @Provide
    Arbitrary<EngineScript> crowds() {
        Arbitrary<Ask> asks = asks(100, 60, 150, Kind.PLAIN, Kind.SALTED, Kind.WITH_IMAGE, Kind.LOADING, Kind.LEASING);
        return scripts(limits(3, 24), asks, 4_000, 25, Action.FINISH_LOAD, Action.HOLD, Action.RELEASE);
    }

    private static Arbitrary<Ask> asks(int mostPrompt, int leastOutput, int mostOutput, Kind... kinds) {
        return Combinators.combine(
                        Arbitraries.integers().between(1, 4),
                        Arbitraries.integers().between(1, mostPrompt),
                        Arbitraries.integers().between(leastOutput, mostOutput),
                        Arbitraries.frequencyOf(
                                Tuple.of(1, Arbitraries.just(Kind.PLAIN)), Tuple.of(1, Arbitraries.of(kinds))),
                        Arbitraries.integers().between(0, 2),
                        Arbitraries.of(0, 0, 0, 1, 2))
                .as(Ask::new);
    }

    /** Two calls of three submit a request. */
    private static Arbitrary<EngineScript> scripts(
            Arbitrary<Limits> limits, Arbitrary<Ask> asks, int mostWaitMicros, int mostCalls, Action... actions) {
        Arbitrary<Call> calls = Combinators.combine(
                        Arbitraries.integers().between(0, mostWaitMicros),
                        Arbitraries.frequencyOf(
                                Tuple.of(2, Arbitraries.just(Action.SUBMIT)), Tuple.of(1, Arbitraries.of(actions))),
                        asks,
                        Arbitraries.integers().between(0, 40))
                .as(Call::new);
        return Combinators.combine(limits, calls.list().ofMinSize(mostCalls / 5).ofMaxSize(mostCalls))
                .as(EngineScript::new);
    }

    private static Arbitrary<Limits> limits(int leastSeqs, int mostBlocks) {
        return Combinators.combine(
                        Arbitraries.integers().between(leastSeqs, 6),
                        Arbitraries.integers().between(1, 300),
                        Arbitraries.integers().between(18, mostBlocks),
                        Arbitraries.of(true, true, false),
                        Arbitraries.of(OrderingPolicy.values()),
                        Arbitraries.of(LoadFailurePolicy.values()),
                        Arbitraries.integers().between(1, 2))
                .as(Limits::new);
    }
}
