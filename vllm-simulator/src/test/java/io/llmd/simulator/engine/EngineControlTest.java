package io.llmd.simulator.engine;

import static io.llmd.simulator.engine.EngineFixture.MILLI;
import static io.llmd.simulator.engine.EngineFixture.constant;
import static io.llmd.simulator.engine.EngineFixture.prompt;
import static io.llmd.simulator.engine.EngineFixture.settings;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class EngineControlTest {

    private static EngineFixture engine() {
        return new EngineFixture(settings(2, 8192, 1000, 4096, constant()));
    }

    @Test
    void abortingPauseEndsAllAndKeepsLaterOnesWaiting() {
        EngineFixture sim = engine();
        long first = sim.submit(prompt(32, 1), 50);
        sim.advanceTo(15 * MILLI);
        sim.engine.pause(PauseMode.ABORT, sim.now());
        long later = sim.submit(prompt(32, 2), 2);
        sim.runUntilIdle();

        assertThat(sim.finished(first).reason()).isEqualTo(FinishReason.ABORT);
        assertThat(sim.engine.snapshot().waiting()).isEqualTo(1);
        assertThat(sim.engine.snapshot().paused()).isTrue();
        sim.engine.resume(sim.now());
        sim.runUntilIdle();
        assertThat(sim.tokens(later)).hasSize(2);
    }

    @Test
    void otherStepTimesCountFromTheNextStepOn() {
        EngineFixture sim = engine();
        long id = sim.submit(prompt(32, 1), 3);
        sim.advanceTo(5 * MILLI);
        sim.engine.latency(new LatencyModel.Constant(0, 7 * MILLI, 0, 0));
        sim.runUntilIdle();
        assertThat(sim.tokens(id))
                .extracting(EngineEvent.TokenProduced::time)
                .containsExactly(10 * MILLI, 17 * MILLI, 24 * MILLI);
    }

    @Test
    void waitingPauseLetsTheBatchFinish() {
        EngineFixture sim = engine();
        long running = sim.submit(prompt(32, 1), 5);
        sim.advanceTo(11 * MILLI);
        long waiting = sim.submit(prompt(32, 2), 2);
        sim.engine.pause(PauseMode.WAIT, sim.now());
        sim.runUntilIdle();
        assertThat(sim.tokens(running)).hasSize(5);
        assertThat(sim.tokens(waiting)).isEmpty();
        sim.engine.resume(sim.now());
        sim.runUntilIdle();
        assertThat(sim.tokens(waiting)).hasSize(2);
    }

    @Test
    void keepingPauseFreezesTheBatch() {
        EngineFixture sim = engine();
        long id = sim.submit(prompt(32, 1), 5);
        sim.advanceTo(11 * MILLI);
        sim.engine.pause(PauseMode.KEEP, sim.now());
        sim.runUntilIdle();
        int produced = sim.tokens(id).size();
        assertThat(produced).isBetween(1, 4);
        sim.advanceTo(500 * MILLI);
        sim.engine.resume(sim.now());
        sim.runUntilIdle();
        assertThat(sim.tokens(id)).hasSize(5);
        assertThat(sim.tokens(id).get(produced).time()).isGreaterThan(500 * MILLI);
    }

    @Test
    void sleepLosesTheCacheAndRequestsAreComputedAgainAfterIt() {
        EngineFixture sim = engine();
        long id = sim.submit(prompt(64, 1), 5);
        sim.advanceTo(12 * MILLI);
        sim.engine.sleep(SleepState.WEIGHTS_OFFLOADED, PauseMode.KEEP, sim.now());
        sim.engine.check();
        sim.runUntilIdle();

        assertThat(sim.all(EngineEvent.BlocksCleared.class)).hasSize(1);
        assertThat(sim.engine.snapshot().sleepState()).isEqualTo(SleepState.WEIGHTS_OFFLOADED);
        assertThat(sim.engine.snapshot().usedBlocks()).isZero();
        assertThat(sim.engine.snapshot().cachedBlocks()).isZero();

        sim.engine.wake(sim.now());
        sim.runUntilIdle();
        assertThat(sim.tokens(id)).hasSize(5);
        assertThat(sim.engine.snapshot().sleepState()).isEqualTo(SleepState.AWAKE);
    }

    @Test
    void cacheInUseIsNotResetUnlessRunningRequestsRestart() {
        EngineFixture sim = engine();
        long id = sim.submit(prompt(64, 1), 5);
        sim.advanceTo(12 * MILLI);
        assertThat(sim.engine.resetPrefixCache(false, sim.now())).isFalse();
        assertThat(sim.engine.resetPrefixCache(true, sim.now())).isTrue();
        sim.engine.check();
        sim.runUntilIdle();
        assertThat(sim.tokens(id)).hasSize(5);
        long again = sim.submit(prompt(64, 1), 1);
        sim.runUntilIdle();
        assertThat(sim.finished(again).cachedTokens()).isEqualTo(48);
    }

    @Test
    void whatAStepComputesForRestartedRequestsIsLost() {
        EngineFixture sim = engine();
        long id = sim.submit(prompt(32, 1), 1);
        sim.advanceTo(5 * MILLI);
        sim.call(engine -> engine.resetPrefixCache(true, sim.now()));
        sim.advanceTo(10 * MILLI);
        assertThat(sim.tokens(id)).isEmpty();
        sim.runUntilIdle();
        assertThat(sim.tokens(id)).extracting(EngineEvent.TokenProduced::time).containsExactly(20 * MILLI);
        assertThat(sim.engine.snapshot().usedBlocks()).isZero();
    }

    @Test
    void blocksThatWereClearedAreNotRemovedAfterwards() {
        EngineFixture sim = engine();
        sim.submit(prompt(64, 1), 1);
        sim.runUntilIdle();
        sim.withhold(999);
        sim.call(engine -> engine.resetPrefixCache(false, sim.now()));
        sim.withhold(0);
        sim.submit(prompt(64, 1), 1);
        sim.runUntilIdle();
        assertThat(sim.all(EngineEvent.BlocksCleared.class)).hasSize(1);
        assertThat(sim.all(EngineEvent.BlocksRemoved.class)).isEmpty();
    }

    @Test
    void resetLetsTheFirstInTheQueueTryAgain() {
        EngineFixture sim = new EngineFixture(settings(2, 16, 100, 1584, constant()));
        long id = sim.submit(prompt(16, 1), 60);
        sim.withhold(96);
        sim.runUntilIdle();
        assertThat(sim.engine.snapshot().waiting()).isEqualTo(1);
        long steps = sim.engine.snapshot().steps();
        sim.call(engine -> engine.resetPrefixCache(false, sim.now()));
        sim.advanceTo(sim.now());
        assertThat(sim.engine.snapshot().steps()).isEqualTo(steps + 1);
        sim.withhold(0);
        sim.runUntilIdle();
        assertThat(sim.tokens(id)).hasSize(60);
    }

    @Test
    void betterPriorityGoesFirstAndTheWorstGivesWay() {
        EngineFixture sim = new EngineFixture(EngineSettings.builder()
                .maxNumSeqs(1)
                .blocks(1000)
                .maxModelLen(4096)
                .latency(constant())
                .ordering(OrderingPolicy.PRIORITY)
                .build());
        sim.submit(prompt(16, 1), 3);
        sim.advanceTo(1);
        long low = sim.draft(prompt(16, 2), 1).priority(5).submit();
        long high = sim.draft(prompt(16, 3), 1).priority(-1).submit();
        sim.runUntilIdle();
        assertThat(sim.finished(high).time()).isLessThan(sim.finished(low).time());

        EngineFixture tight = new EngineFixture(EngineSettings.builder()
                .blocks(100)
                .maxModelLen(1584)
                .latency(constant())
                .ordering(OrderingPolicy.PRIORITY)
                .build());
        long worst = tight.draft(prompt(500, 1), 100).priority(9).submit();
        tight.draft(prompt(500, 2), 100).submit();
        tight.draft(prompt(500, 3), 100).submit();
        tight.runUntilIdle();
        assertThat(tight.all(EngineEvent.Preempted.class))
                .extracting(EngineEvent.Preempted::requestId)
                .containsOnly(worst);
        assertThat(tight.tokens(worst)).hasSize(100);
    }

    @Test
    void moreAdaptersThanPlacesWaitAndAreNamed() {
        EngineFixture sim = new EngineFixture(EngineSettings.builder()
                .blocks(1000)
                .maxModelLen(4096)
                .latency(constant())
                .adapters(new AdapterSettings(1, 2, 2 * MILLI, 30 * MILLI, 0))
                .build());
        long a = sim.draft(prompt(16, 1), 3).adapter("a").submit();
        long b = sim.draft(prompt(16, 2), 1).adapter("b").submit();
        long base = sim.submit(prompt(16, 3), 1);
        sim.advanceTo(0);

        EngineSnapshot state = sim.engine.snapshot();
        assertThat(state.runningAdapters()).containsExactly("a");
        assertThat(state.waitingAdapters()).containsExactly("b");
        assertThat(state.deferred()).isEqualTo(1);
        sim.runUntilIdle();
        assertThat(sim.finished(base).time()).isLessThan(sim.finished(b).time());
        assertThat(sim.finished(a).times().firstToken()).isEqualTo((20 + 2 + 30) * MILLI);
        long again = sim.draft(prompt(16, 4), 1).adapter("a").submit();
        long from = sim.now();
        sim.runUntilIdle();
        assertThat(sim.finished(again).time() - from).isEqualTo((10 + 2) * MILLI);
    }

    @Test
    void mediaAreEncodedOnceAndKeepPromptsApart() {
        EngineFixture sim = new EngineFixture(EngineSettings.builder()
                .blocks(1000)
                .maxModelLen(4096)
                .latency(constant())
                .encoder(new EncoderSettings(5 * MILLI, 0, 1000, false))
                .build());
        long cat = sim.draft(prompt(64, 1), 1).media(new MediaKey("cat", 8, 32)).submit();
        sim.runUntilIdle();
        long start = sim.now();
        long dog = sim.draft(prompt(64, 1), 1).media(new MediaKey("dog", 8, 32)).submit();
        sim.runUntilIdle();
        long catAgain =
                sim.draft(prompt(64, 1), 1).media(new MediaKey("cat", 8, 32)).submit();
        sim.runUntilIdle();

        assertThat(sim.finished(cat).time()).isEqualTo(15 * MILLI);
        assertThat(sim.finished(dog).time() - start).isEqualTo(15 * MILLI);
        assertThat(sim.finished(dog).cachedTokens()).isZero();
        assertThat(sim.finished(catAgain).cachedTokens()).isEqualTo(48);
        assertThat(sim.engine.snapshot().mediaQueries()).isEqualTo(2);
    }

    @Test
    void heldRequestWaitsAndLetsOthersPass() {
        EngineFixture sim = new EngineFixture(settings(8, 8192, 1000, 4096, constant()));
        long held = sim.submit(prompt(16, 1), 1);
        assertThat(sim.engine.hold(held)).isTrue();
        long next = sim.submit(prompt(16, 2), 1);
        sim.runUntilIdle();
        assertThat(sim.finished(next).reason()).isEqualTo(FinishReason.LENGTH);
        assertThat(sim.engine.snapshot().waiting()).isEqualTo(1);
        assertThat(sim.engine.snapshot().deferred()).isEqualTo(1);

        assertThat(sim.engine.release(held, sim.now())).isTrue();
        sim.runUntilIdle();
        assertThat(sim.finished(held).reason()).isEqualTo(FinishReason.LENGTH);
        assertThat(sim.engine.hold(held)).isFalse();
        assertThat(sim.engine.release(held, sim.now())).isFalse();
    }
}
