package io.llmd.simulator.engine;

import static io.llmd.simulator.engine.EngineFixture.MILLI;
import static io.llmd.simulator.engine.EngineFixture.constant;
import static io.llmd.simulator.engine.EngineFixture.prompt;
import static io.llmd.simulator.engine.EngineFixture.settings;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class EngineHandoffTest {
    private static final long LEASE = 30_000 * MILLI;

    private static EngineFixture engine() {
        return new EngineFixture(settings(8, 8192, 1000, 4096, constant()));
    }

    private static EngineFixture engine(LoadFailurePolicy policy) {
        return new EngineFixture(EngineSettings.builder()
                .blocks(1000)
                .maxModelLen(4096)
                .latency(constant())
                .loadFailure(policy)
                .build());
    }

    @Test
    void prefillLegKeepsItsBlocksUnderALease() {
        EngineFixture sim = engine();
        long id = sim.draft(prompt(100, 1), 1).holdBlocks().submit();
        sim.runUntil(() -> sim.engine.snapshot().finished() == 1);

        HeldBlocks held = sim.finished(id).held();
        assertThat(held).isNotNull();
        assertThat(held.blocks()).hasSize(7);
        assertThat(held.tokens()).isEqualTo(100);
        assertThat(held.deadline()).isEqualTo(10 * MILLI + LEASE);
        assertThat(sim.engine.snapshot().usedBlocks()).isEqualTo(7);
        assertThat(sim.engine.snapshot().leases()).isEqualTo(1);
    }

    @Test
    void leaseThatNobodyComesForExpires() {
        EngineFixture sim = engine();
        sim.draft(prompt(100, 1), 1).holdBlocks().submit();
        sim.runUntilIdle();

        assertThat(sim.all(EngineEvent.LeaseEnded.class))
                .containsExactly(new EngineEvent.LeaseEnded(1, LeaseEnd.EXPIRED, 10 * MILLI + LEASE));
        assertThat(sim.engine.snapshot().usedBlocks()).isZero();
        assertThat(sim.engine.snapshot().expiredLeases()).isEqualTo(1);
    }

    @Test
    void heartbeatMovesTheDeadlineAndANoticeEndsTheLease() {
        EngineFixture sim = engine();
        long id = sim.draft(prompt(100, 1), 1).holdBlocks().submit();
        sim.advanceTo(20_000 * MILLI);
        assertThat(sim.engine.extendLease(id, 50_000 * MILLI, sim.now())).isTrue();
        sim.advanceTo(49_000 * MILLI);
        assertThat(sim.engine.snapshot().leases()).isEqualTo(1);

        assertThat(sim.engine.endLease(id, LeaseEnd.NOTIFIED, sim.now())).isTrue();
        sim.runUntilIdle();
        assertThat(sim.engine.endLease(id, LeaseEnd.NOTIFIED, sim.now())).isFalse();
        assertThat(sim.engine.extendLease(id, 90_000 * MILLI, sim.now())).isFalse();
        assertThat(sim.engine.snapshot().usedBlocks()).isZero();
        assertThat(sim.engine.snapshot().expiredLeases()).isZero();
    }

    @Test
    void abortedPrefillLegHoldsNothing() {
        EngineFixture sim = engine();
        long id = sim.draft(prompt(100, 1), 1).holdBlocks().submit();
        sim.advanceTo(MILLI);
        sim.abort(id);
        sim.runUntilIdle();
        assertThat(sim.finished(id).held()).isNull();
        assertThat(sim.engine.snapshot().usedBlocks()).isZero();
    }

    @Test
    void loadingRequestWaitsWithoutAPlaceAndThenComputesItsLastToken() {
        EngineFixture sim = engine();
        long id = sim.draft(prompt(100, 1), 3).remoteTokens(100).submit();
        sim.advanceTo(0);

        assertThat(sim.all(EngineEvent.LoadWanted.class)).containsExactly(new EngineEvent.LoadWanted(id, 0, 100, 7, 0));
        EngineSnapshot loading = sim.engine.snapshot();
        assertThat(loading.running()).isZero();
        assertThat(loading.waiting()).isEqualTo(1);
        assertThat(loading.deferred()).isEqualTo(1);
        assertThat(loading.usedBlocks()).isEqualTo(7);

        sim.advanceTo(50 * MILLI);
        sim.completeLoad(id, true);
        sim.runUntilIdle();
        assertThat(sim.all(EngineEvent.StepCompleted.class).getFirst().scheduledTokens())
                .isEqualTo(1);
        assertThat(sim.finished(id).loadedTokens()).isEqualTo(100);
        assertThat(sim.tokens(id)).hasSize(3);
    }

    @Test
    void loadedBlocksAreFoundByTheNextRequest() {
        EngineFixture sim = engine();
        long id = sim.draft(prompt(100, 1), 1).remoteTokens(100).submit();
        sim.advanceTo(0);
        sim.completeLoad(id, true);
        sim.runUntilIdle();
        long next = sim.submit(prompt(100, 1), 1);
        sim.runUntilIdle();
        assertThat(sim.finished(next).cachedTokens()).isEqualTo(96);
    }

    @Test
    void halfOfThePrefixHereHalvesWhatIsLoaded() {
        EngineFixture sim = engine();
        sim.submit(prompt(640, 1), 1);
        sim.runUntilIdle();
        long id = sim.draft(prompt(1280, 1), 1).remoteTokens(1280).submit();
        sim.advanceTo(sim.now());

        EngineEvent.LoadWanted wanted = sim.all(EngineEvent.LoadWanted.class).getFirst();
        assertThat(wanted.cachedTokens()).isEqualTo(640);
        assertThat(wanted.tokens()).isEqualTo(640);
        assertThat(wanted.blocks()).isEqualTo(40);
        sim.completeLoad(id, true);
        sim.runUntilIdle();
    }

    @Test
    void everythingCachedHereLoadsNothingAndTellsTheHolder() {
        EngineFixture sim = engine();
        sim.submit(prompt(100, 1), 1);
        sim.runUntilIdle();
        long id = sim.draft(prompt(100, 1), 1).remoteTokens(90).submit();
        sim.runUntilIdle();

        EngineEvent.LoadWanted wanted = sim.all(EngineEvent.LoadWanted.class).getFirst();
        assertThat(wanted.tokens()).isZero();
        assertThat(sim.finished(id).cachedTokens()).isEqualTo(96);
    }

    @Test
    void failedLoadEndsTheRequestOrComputesItsPrompt() {
        EngineFixture failing = engine(LoadFailurePolicy.FAIL);
        long failed = failing.draft(prompt(100, 1), 2).remoteTokens(100).submit();
        failing.advanceTo(0);
        failing.completeLoad(failed, false);
        failing.runUntilIdle();
        assertThat(failing.finished(failed).reason()).isEqualTo(FinishReason.ERROR);
        assertThat(failing.engine.snapshot().failed()).isEqualTo(1);
        assertThat(failing.engine.snapshot().usedBlocks()).isZero();

        EngineFixture computing = engine(LoadFailurePolicy.RECOMPUTE);
        long computed = computing.draft(prompt(100, 1), 2).remoteTokens(100).submit();
        computing.advanceTo(0);
        computing.completeLoad(computed, false);
        computing.runUntilIdle();
        assertThat(computing.finished(computed).reason()).isEqualTo(FinishReason.LENGTH);
        assertThat(computing.all(EngineEvent.StepCompleted.class).getFirst().scheduledTokens())
                .isEqualTo(100);
    }

    @Test
    void abortDuringALoadGivesTheBlocksBack() {
        EngineFixture sim = engine();
        long id = sim.draft(prompt(100, 1), 2).remoteTokens(100).submit();
        sim.advanceTo(0);
        assertThat(sim.abort(id)).isTrue();
        sim.runUntilIdle();
        assertThat(sim.engine.snapshot().usedBlocks()).isZero();
        assertThat(sim.tokens(id)).isEmpty();
        assertThat(sim.engine.completeLoad(id, true, sim.now())).isFalse();
    }

    @Test
    void loadingRequestIsOvertakenByTheNext() {
        EngineFixture sim = engine();
        long loading = sim.draft(prompt(100, 1), 1).remoteTokens(100).submit();
        long next = sim.submit(prompt(16, 2), 1);
        sim.runUntilIdle();
        assertThat(sim.finished(next).time()).isEqualTo(10 * MILLI);
        sim.completeLoad(loading, true);
        sim.runUntilIdle();
        assertThat(sim.finished(loading).reason()).isEqualTo(FinishReason.LENGTH);
    }

    @Test
    void requestWithLoadedBlocksGoesBeforeOneThatLacksBlocks() {
        EngineFixture sim = new EngineFixture(settings(1, 8192, 21, 320, constant()));
        long loading = sim.draft(prompt(160, 1), 2).remoteTokens(160).submit();
        long growing = sim.submit(prompt(150, 2), 100);
        sim.runUntilIdle();
        assertThat(sim.engine.snapshot().preemptions()).isPositive();
        sim.completeLoad(loading, true);
        sim.runUntilIdle();
        assertThat(sim.finished(loading).time())
                .isLessThan(sim.finished(growing).time());
        assertThat(sim.tokens(growing)).hasSize(100);
    }

    @Test
    void waitingPauseTakesInWhatWasLoaded() {
        EngineFixture sim = engine();
        long loading = sim.draft(prompt(100, 1), 2).remoteTokens(100).submit();
        sim.advanceTo(0);
        sim.call(engine -> engine.pause(PauseMode.WAIT, sim.now()));
        long later = sim.submit(prompt(16, 2), 1);
        sim.completeLoad(loading, true);
        sim.runUntilIdle();
        assertThat(sim.tokens(loading)).hasSize(2);
        assertThat(sim.tokens(later)).isEmpty();
    }

    @Test
    void tooLittleCachedEndsTheRequestAtOnce() {
        EngineFixture sim = engine();
        sim.submit(prompt(320, 1), 1);
        sim.runUntilIdle();
        long enough = sim.draft(prompt(640, 1), 1).cacheHitThreshold(0.5).submit();
        sim.runUntilIdle();
        long less = sim.draft(prompt(1600, 1), 1).cacheHitThreshold(0.5).submit();
        sim.runUntilIdle();
        assertThat(sim.finished(enough).reason()).isEqualTo(FinishReason.LENGTH);
        assertThat(sim.finished(less).reason()).isEqualTo(FinishReason.CACHE_THRESHOLD);
        assertThat(sim.finished(less).cachedTokens()).isEqualTo(640);
    }
}
