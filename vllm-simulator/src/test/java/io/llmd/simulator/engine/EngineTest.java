package io.llmd.simulator.engine;

import static io.llmd.simulator.engine.EngineFixture.MILLI;
import static io.llmd.simulator.engine.EngineFixture.constant;
import static io.llmd.simulator.engine.EngineFixture.prompt;
import static io.llmd.simulator.engine.EngineFixture.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EngineTest {

    @Test
    void singlePromptOf2048TokensTakesTheMeasuredTimes() {
        EngineFixture sim = EngineFixture.llama8b();
        long id = sim.submit(prompt(2048, 1), 10);
        sim.runUntilIdle();

        assertThat(sim.timeToFirstTokenMillis(id)).isCloseTo(51.1, within(0.3));
        RequestTimes times = sim.finished(id).times();
        double interTokenMillis = (times.lastToken() - times.firstToken()) / 9.0 / MILLI;
        assertThat(interTokenMillis).isCloseTo(6.8, within(0.05));
    }

    @Test
    void samePromptAgainComputesItsLastBlockOnly() {
        EngineFixture sim = EngineFixture.llama8b();
        sim.submit(prompt(2048, 1), 10);
        sim.runUntilIdle();
        long again = sim.submit(prompt(2048, 1), 10);
        sim.runUntilIdle();

        assertThat(sim.finished(again).cachedTokens()).isEqualTo(2032);
        assertThat(sim.timeToFirstTokenMillis(again)).isLessThan(20);
    }

    @Test
    void promptOf32BlocksHits31AndComputesTheLast() {
        EngineFixture sim = EngineFixture.llama8b();
        sim.submit(prompt(512, 1), 1);
        sim.runUntilIdle();
        long again = sim.submit(prompt(512, 1), 1);
        sim.runUntilIdle();

        assertThat(sim.finished(again).cachedTokens()).isEqualTo(31 * 16);
        assertThat(sim.all(EngineEvent.StepCompleted.class).getLast().scheduledTokens())
                .isEqualTo(16);
    }

    @Test
    void longPromptAmong64DecodesIsChunkedAndSlowsThemAll() {
        assertThat(mixedStepMillis(2048)).satisfies(steps -> {
            assertThat(steps).hasSize(5);
            assertThat(steps.get(0)).isCloseTo(44, within(1.0));
            assertThat(steps.get(1)).isCloseTo(48, within(1.0));
            assertThat(steps.get(2)).isCloseTo(51, within(1.0));
            assertThat(steps.get(3)).isCloseTo(55, within(1.0));
            assertThat(steps.get(4)).isCloseTo(14, within(1.0));
        });
    }

    @Test
    void smallerBudgetMakesMoreAndShorterSteps() {
        List<Double> steps = mixedStepMillis(512);

        assertThat(steps).hasSize(19);
        assertThat(steps.getFirst()).isCloseTo(15.0, within(0.5));
        assertThat(steps.get(17)).isCloseTo(18.4, within(0.5));
        assertThat(steps.stream().mapToDouble(Double::doubleValue).sum()).isCloseTo(310, within(15.0));
    }

    /** Step times from the first to the last chunk of an 8192-token prompt that meets 64 decodes at 1k context. */
    private static List<Double> mixedStepMillis(int budget) {
        EngineFixture sim =
                new EngineFixture(settings(1024, budget, 16_384, 32_768, LatencyModel.Compact.LLAMA_8B_H100));
        for (int i = 0; i < 64; i++) {
            sim.submit(prompt(1000, i + 1), 2000);
        }
        while (sim.all(EngineEvent.Scheduled.class).size() < 64
                || sim.all(EngineEvent.StepCompleted.class).getLast().scheduledTokens() != 64) {
            sim.next();
        }
        long id = sim.submit(prompt(8192, 100), 1);
        while (sim.tokens(id).isEmpty()) {
            sim.next();
        }
        assertThat(sim.all(EngineEvent.StepCompleted.class))
                .filteredOn(step -> step.scheduledTokens() > 64)
                .allMatch(step -> step.scheduledTokens() <= budget);
        return sim.all(EngineEvent.StepCompleted.class).stream()
                .filter(step -> step.sequences() == 65)
                .map(step -> (step.time() - step.start()) / (double) MILLI)
                .toList();
    }

    @Test
    void poolTooSmallForGrowthPreemptsTheLastAndFinishesIt() {
        EngineFixture sim = new EngineFixture(settings(8, 8192, 100, 1584, constant()));
        long first = sim.submit(prompt(500, 1), 100);
        long second = sim.submit(prompt(500, 2), 100);
        long third = sim.submit(prompt(500, 3), 100);
        long late = sim.submit(prompt(600, 4), 200);
        sim.runUntilIdle();

        assertThat(sim.all(EngineEvent.Preempted.class))
                .extracting(EngineEvent.Preempted::requestId)
                .containsExactly(third);
        assertThat(sim.engine.snapshot().preemptions()).isEqualTo(1);
        assertThat(sim.all(EngineEvent.Finished.class))
                .extracting(end -> end.request().id())
                .containsExactly(first, second, third, late);
        assertThat(sim.tokens(third)).hasSize(100);
    }

    @Test
    void thirdRequestWaitsForOneOfTwoPlaces() {
        EngineFixture sim = new EngineFixture(settings(2, 8192, 1000, 4096, constant()));
        sim.submit(prompt(32, 1), 3);
        sim.submit(prompt(32, 2), 5);
        sim.submit(prompt(32, 3), 3);
        sim.next();
        sim.next();

        assertThat(sim.engine.snapshot().running()).isEqualTo(2);
        assertThat(sim.engine.snapshot().waiting()).isEqualTo(1);
        sim.runUntilIdle();
        assertThat(sim.engine.snapshot().finished()).isEqualTo(3);
    }

    @Test
    void gaugesTellWhatTheLastStepLeft() {
        EngineFixture sim = new EngineFixture(settings(1, 8192, 1000, 4096, constant()));
        sim.submit(prompt(32, 1), 3);
        sim.next();
        assertThat(sim.engine.snapshot().running()).isEqualTo(1);
        assertThat(sim.engine.reported().running()).isZero();
        assertThat(sim.engine.reported().usedBlocks()).isZero();
        sim.submit(prompt(32, 2), 3);
        sim.next();
        assertThat(sim.engine.snapshot().waiting()).isEqualTo(1);
        assertThat(sim.engine.reported().waiting()).isZero();

        sim.runUntil(() -> sim.engine.reported().running() == 1);
        assertThat(sim.engine.reported().waiting()).as("came during the step").isZero();
        assertThat(sim.engine.reported().usedBlocks()).isEqualTo(2);
        sim.runUntil(() -> sim.engine.reported().waiting() == 1);
        assertThat(sim.engine.snapshot().steps()).isEqualTo(3);

        sim.runUntilIdle();
        assertThat(sim.engine.reported()).isEqualTo(sim.engine.snapshot());
    }

    @Test
    void gaugesTellOfAnAbortInAnIdleEngine() {
        EngineFixture sim = new EngineFixture(settings(1, 8192, 1000, 4096, constant()));
        long only = sim.submit(prompt(32, 1), 100);
        sim.runUntil(() -> sim.engine.reported().running() == 1);
        sim.abort(only);
        sim.runUntilIdle();
        assertThat(sim.engine.reported().running()).isZero();
        assertThat(sim.engine.reported().usedBlocks()).isZero();
    }

    @Test
    void smallRequestDoesNotOvertakeAHeadThatLacksBlocks() {
        EngineFixture sim = new EngineFixture(settings(8, 8192, 100, 1584, constant()));
        sim.submit(prompt(1000, 1), 20);
        long head = sim.submit(prompt(1000, 2), 5);
        long small = sim.submit(prompt(16, 3), 1);
        sim.runUntilIdle();

        assertThat(sim.finished(head).times().scheduled())
                .isLessThanOrEqualTo(sim.finished(small).times().scheduled());
        assertThat(sim.finished(head).times().scheduled()).isGreaterThan(20 * MILLI);
    }

    @Test
    void otherCacheSaltFindsNothing() {
        EngineFixture sim = EngineFixture.llama8b();
        sim.submit(prompt(512, 1), 1, "a", null);
        sim.runUntilIdle();
        long other = sim.submit(prompt(512, 1), 1, "b", null);
        long same = sim.submit(prompt(512, 1), 1, "a", null);
        sim.runUntilIdle();

        assertThat(sim.finished(other).cachedTokens()).isZero();
        assertThat(sim.finished(same).cachedTokens()).isEqualTo(496);
    }

    @Test
    void baseModelFindsNoBlocksOfAnAdapter() {
        EngineFixture sim = EngineFixture.llama8b();
        sim.submit(prompt(512, 1), 1, null, "adapter");
        sim.runUntilIdle();
        long base = sim.submit(prompt(512, 1), 1);
        sim.runUntilIdle();

        assertThat(sim.finished(base).cachedTokens()).isZero();
    }

    @Test
    void abortGivesBlocksBackAtOnceAndNoTokenFollows() {
        EngineFixture sim = new EngineFixture(settings(1, 8192, 1000, 4096, constant()));
        long running = sim.submit(prompt(320, 1), 100);
        long waiting = sim.submit(prompt(320, 2), 100);
        sim.next();
        sim.next();
        int tokensBefore = sim.tokens(running).size();

        assertThat(sim.abort(running)).isTrue();
        assertThat(sim.engine.snapshot().usedBlocks()).isZero();
        assertThat(sim.abort(waiting)).isTrue();
        sim.runUntilIdle();

        assertThat(sim.tokens(running)).hasSize(tokensBefore);
        assertThat(sim.tokens(waiting)).isEmpty();
        assertThat(sim.all(EngineEvent.Finished.class))
                .extracting(EngineEvent.Finished::reason)
                .containsExactly(FinishReason.ABORT, FinishReason.ABORT);
        assertThat(sim.engine.snapshot().active()).isZero();
        assertThat(sim.abort(running)).isFalse();
    }

    @Test
    void abortBeforeTheQueueIsCountedToo() {
        EngineFixture sim = EngineFixture.llama8b();
        long id = sim.submit(prompt(16, 1), 4);
        assertThat(sim.engine.snapshot().arriving()).isEqualTo(1);
        assertThat(sim.abort(id)).isTrue();
        sim.runUntilIdle();
        assertThat(sim.engine.snapshot().aborted()).isEqualTo(1);
        assertThat(sim.tokens(id)).isEmpty();
    }

    @Test
    void constantModelShortensTheFirstTokenByWhatIsCached() {
        EngineFixture sim = new EngineFixture(settings(8, 8192, 1000, 4096, constant()));
        long first = sim.submit(prompt(160, 1), 1);
        sim.runUntilIdle();
        long again = sim.submit(prompt(160, 1), 1);
        sim.runUntilIdle();

        assertThat(sim.timeToFirstTokenMillis(first)).isEqualTo(10.0);
        assertThat(sim.timeToFirstTokenMillis(again)).isEqualTo(1.0);
    }

    @Test
    void fractionsOfAMillisecondAreKept() {
        LatencyModel latency = new LatencyModel.Constant(1_234_567, 345_678, 0, 0);
        EngineFixture sim = new EngineFixture(settings(8, 8192, 1000, 4096, latency));
        long id = sim.submit(prompt(16, 1), 3);
        sim.runUntilIdle();

        assertThat(sim.finished(id).times().firstToken()).isEqualTo(1_234_567);
        assertThat(sim.finished(id).times().lastToken()).isEqualTo(1_234_567 + 2 * 345_678);
    }

    @Test
    void timeScaleStretchesEverythingAlike() {
        EngineSettings slow = EngineSettings.builder()
                .timeScale(2)
                .blocks(1000)
                .maxModelLen(4096)
                .build();
        EngineFixture normal = new EngineFixture(settings(8, 8192, 1000, 4096, LatencyModel.Compact.LLAMA_8B_H100));
        EngineFixture stretched = new EngineFixture(slow);
        long a = normal.submit(prompt(100, 1), 5);
        long b = stretched.submit(prompt(100, 1), 5);
        normal.runUntilIdle();
        stretched.runUntilIdle();

        assertThat((double) stretched.finished(b).time())
                .isCloseTo(2.0 * normal.finished(a).time(), within(10.0));
    }

    @Test
    void slowFactorActsFromTheNextStepOn() {
        EngineFixture sim = new EngineFixture(settings(8, 8192, 1000, 4096, constant()));
        long id = sim.submit(prompt(16, 1), 3);
        sim.next();
        sim.engine.slowFactor(5);
        sim.runUntilIdle();
        assertThat(sim.finished(id).times().firstToken()).isEqualTo(10 * MILLI);
        assertThat(sim.finished(id).times().lastToken()).isEqualTo(20 * MILLI);
    }

    @Test
    void promptWithoutOutputEndsAfterItsPrefill() {
        EngineFixture sim = new EngineFixture(settings(8, 8192, 1000, 4096, constant()));
        long id = sim.submit(prompt(16, 1), 0);
        sim.runUntilIdle();
        assertThat(sim.finished(id).time()).isEqualTo(10 * MILLI);
        assertThat(sim.tokens(id)).isEmpty();
    }

    @Test
    void outputThatIsSentBackIsFoundInTheCache() {
        EngineFixture sim = new EngineFixture(settings(8, 8192, 1000, 4096, constant()));
        int[] first = prompt(32, 1);
        long id = sim.submit(first, 33);
        sim.runUntilIdle();
        int[] second = new int[96];
        for (int i = 0; i < second.length; i++) {
            second[i] = i < 32
                    ? first[i]
                    : i < 65 ? sim.finished(id).request().output().tokenAt(i - 32) : i;
        }
        long again = sim.submit(second, 1);
        sim.runUntilIdle();
        assertThat(sim.finished(again).cachedTokens()).isEqualTo(64);
    }

    @Test
    void lateCallerGetsEveryStepAtItsOwnTime() {
        EngineSettings settings = settings(8, 8192, 1000, 4096, constant());
        EngineFixture punctual = new EngineFixture(settings, EngineFixture.Listening.TOKENS);
        EngineFixture late = new EngineFixture(settings, EngineFixture.Listening.TOKENS);
        punctual.submit(prompt(64, 1), 20);
        late.submit(prompt(64, 1), 20);
        punctual.runUntilIdle();
        late.advanceTo(1000 * MILLI);
        assertThat(late.events).isEqualTo(withRequestsOf(late, punctual));
    }

    /** Finished events carry the request, whose arrays and lambdas are compared by identity. */
    private static List<EngineEvent> withRequestsOf(EngineFixture source, EngineFixture target) {
        List<EngineEvent> events = new ArrayList<>();
        for (EngineEvent event : target.events) {
            events.add(
                    event instanceof EngineEvent.Finished end
                            ? new EngineEvent.Finished(
                                    source.finished(end.request().id()).request(),
                                    end.reason(),
                                    end.cachedTokens(),
                                    end.loadedTokens(),
                                    end.outputTokens(),
                                    end.times(),
                                    end.held(),
                                    end.time())
                            : event);
        }
        return events;
    }

    @Test
    void misuseIsRefused() {
        EngineFixture sim = new EngineFixture(settings(8, 8192, 1000, 4096, constant()));
        assertThatIllegalArgumentException().isThrownBy(() -> sim.submit(prompt(4000, 1), 97));
        sim.advanceTo(5);
        EngineRequest request = EngineRequest.text(99, prompt(16, 1), 1, index -> 1);
        assertThatIllegalArgumentException().isThrownBy(() -> sim.engine.submit(request, 4));
        sim.engine.submit(request, 5);
        assertThatIllegalArgumentException().isThrownBy(() -> sim.engine.submit(request, 5));
        assertThatIllegalStateException().isThrownBy(() -> sim.engine.abort(99, 6));
        assertThatIllegalArgumentException().isThrownBy(() -> settings(8, 8192, 100, 1585, constant()));
    }
}
