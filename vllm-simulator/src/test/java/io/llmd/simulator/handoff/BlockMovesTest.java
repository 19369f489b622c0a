package io.llmd.simulator.handoff;

import static io.llmd.simulator.handoff.HandoffWorld.LLAMA_70B;
import static io.llmd.simulator.handoff.HandoffWorld.MILLI;
import static io.llmd.simulator.handoff.HandoffWorld.NO_HANDSHAKE;
import static io.llmd.simulator.handoff.HandoffWorld.prompt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.llmd.simulator.engine.EngineEvent;
import io.llmd.simulator.engine.FinishReason;
import io.llmd.simulator.engine.LeaseEnd;
import org.junit.jupiter.api.Test;

/** Connectors whose blocks are written by the holder, or looked up. */
class BlockMovesTest {

    private static Handoff promised(HandoffWorld.Node holder, String key) {
        return Handoff.promised(Handoff.ANY_ENGINE, key, holder.address);
    }

    @Test
    void pushedBlocksAreWrittenByTheHolderInTheModelledTime() {
        HandoffWorld world = new HandoffWorld(new NixlDialect(BlockMove.PUSH));
        HandoffWorld.Node p = world.node("p", 1);
        HandoffWorld.Node d = world.node("d", 2);
        long prefill = p.prefill(prompt(5000, 1));
        world.advanceTo(50 * MILLI);

        long id = d.decode(prompt(5000, 1), 3, p.handoff(prefill));
        world.runUntilIdle();

        assertThat(d.finished(id).reason()).isEqualTo(FinishReason.LENGTH);
        assertThat(d.finished(id).loadedTokens()).isEqualTo(5000);
        assertThat(d.metric("vllm:nixl_bytes_transferred_sum")).isZero();
        assertThat(p.metric("vllm:nixl_bytes_transferred_sum")).isEqualTo(5008.0 * 327_680);
        assertThat(p.metric("vllm:nixl_xfer_time_seconds_sum") / 4)
                .isEqualTo(NO_HANDSHAKE.nanos(LLAMA_70B, 5000, 313, 1) / 1e9, within(0.0002));
        assertThat(p.metric("vllm:nixl_num_notifications_after_expiry_total")).isZero();
        assertThat(p.all(EngineEvent.LeaseEnded.class))
                .extracting(EngineEvent.LeaseEnded::cause)
                .containsExactly(LeaseEnd.NOTIFIED);
        assertThat(p.asked).noneMatch(SideChannelRequest.Notify.class::isInstance);
    }

    @Test
    void blocksThatAreLostWhileTheyAreWrittenFailTheDecodeLeg() {
        HandoffWorld world = new HandoffWorld(new NixlDialect(BlockMove.PUSH));
        HandoffWorld.Node p = world.node("p", 1);
        HandoffWorld.Node d = world.node("d", 2);
        long prefill = p.prefill(prompt(20_000, 1));
        world.advanceTo(100 * MILLI);
        long id = d.decode(prompt(20_000, 1), 3, p.handoff(prefill));
        world.advanceTo(110 * MILLI);

        p.engine.endLease(prefill, LeaseEnd.EXPIRED, world.now());
        world.runUntilIdle();

        assertThat(d.finished(id).reason()).isEqualTo(FinishReason.ERROR);
        assertThat(d.metric("vllm:nixl_num_failed_transfers_total")).isEqualTo(1);
    }

    @Test
    void abandonedPushGivesTheBlocksBack() {
        HandoffWorld world = new HandoffWorld(new MoriioDialect());
        HandoffWorld.Node p = world.node("p", 1);
        HandoffWorld.Node d = world.node("d", 2);
        long id = d.decode(prompt(5000, 1), 3, promised(p, "tx1"));
        world.advanceTo(10 * MILLI);
        p.prefill(prompt(5000, 1), "tx1");
        world.advanceTo(11 * MILLI);

        d.abort(id);
        world.runUntilIdle();

        assertThat(p.engine.snapshot().leases()).isZero();
        assertThat(p.engine.snapshot().usedBlocks()).isZero();
        assertThat(d.reader.pending()).isZero();
    }

    /** The prompt takes 10 ms, in which blocks leave already; each of four GPUs counts. */
    @Test
    void layersLeaveWhileTheNextOneIsComputed() {
        double afterwards = secondsOfWriting(new SglangDialect(true));
        assertThat(secondsOfWriting(new MoriioDialect())).isBetween(afterwards - 4 * 0.012, afterwards - 4 * 0.008);
    }

    private static double secondsOfWriting(HandoffDialect dialect) {
        HandoffWorld world = new HandoffWorld(dialect);
        HandoffWorld.Node p = world.node("p", 1);
        HandoffWorld.Node d = world.node("d", 2);
        long id = d.decode(prompt(20_000, 1), 1, promised(p, "tx1"));
        p.prefill(prompt(20_000, 1), "tx1");
        world.runUntilIdle();
        assertThat(d.finished(id).loadedTokens()).isEqualTo(20_000);
        return p.metric("vllm:nixl_xfer_time_seconds_sum");
    }

    @Test
    void decodeLegLooksUpWhatThePrefillLegHasOffloaded() {
        HandoffWorld world = new HandoffWorld(new OffloadingDialect());
        HandoffWorld.Node p = world.node("p", 1);
        HandoffWorld.Node d = world.node("d", 2);
        long id = d.decode(prompt(5000, 1), 3, promised(p, "kv1"));
        world.advanceTo(10 * MILLI);
        p.prefill(prompt(5000, 1), "kv1");
        world.runUntilIdle();

        assertThat(d.finished(id).loadedTokens()).isEqualTo(312 * 16);
        assertThat(d.metric("vllm:external_prefix_cache_queries_total")).isEqualTo(5000);
        assertThat(d.metric("vllm:external_prefix_cache_hits_total")).isEqualTo(312 * 16);
        assertThat(p.engine.snapshot().usedBlocks()).isZero();
    }

    @Test
    void whatASourceHasNotIsComputed() {
        HandoffWorld world = new HandoffWorld(new OffloadingDialect());
        HandoffWorld.Node source = world.node("p", 1);
        HandoffWorld.Node d = world.node("d", 2);
        source.plain(prompt(1600, 1), 1);
        world.runUntilIdle();

        long nothing = d.decode(prompt(5000, 2), 3, Handoff.cachedAt(source.address));
        HandoffWorld.Node gone = world.node("x", 3);
        world.stop(gone);
        long unreachable = d.decode(prompt(500, 3), 3, Handoff.cachedAt(gone.address));
        world.runUntilIdle();

        assertThat(d.finished(nothing).loadedTokens()).isZero();
        assertThat(d.finished(unreachable).loadedTokens()).isZero();
        assertThat(d.finished(unreachable).reason()).isEqualTo(FinishReason.LENGTH);
        assertThat(d.stages()).containsExactly(0, 0, 0);
    }

    @Test
    void promptIsComputedBehindWhatTheSourceHas() {
        HandoffWorld world = new HandoffWorld(new OffloadingDialect());
        HandoffWorld.Node source = world.node("p", 1);
        HandoffWorld.Node d = world.node("d", 2);
        source.plain(prompt(1600, 1), 1);
        world.runUntilIdle();

        long part = d.decode(prompt(5000, 1), 3, Handoff.cachedAt(source.address));
        world.runUntilIdle();

        assertThat(d.finished(part).loadedTokens()).isEqualTo(1600);
        assertThat(d.finished(part).reason()).isEqualTo(FinishReason.LENGTH);
        assertThat(d.metric("vllm:external_prefix_cache_hits_total")).isEqualTo(1600);
    }

    /** A look-up names 1,024 blocks at most. */
    @Test
    void longPromptsAreLookedUpInParts() {
        HandoffWorld world = new HandoffWorld(new OffloadingDialect());
        HandoffWorld.Node source = world.node("p", 1);
        HandoffWorld.Node d = world.node("d", 2);
        source.plain(prompt(20_000, 1), 1);
        world.runUntilIdle();

        long id = d.decode(prompt(20_000, 1), 1, Handoff.cachedAt(source.address));
        world.runUntilIdle();

        assertThat(d.finished(id).loadedTokens()).isEqualTo(20_000);
        assertThat(source.asked)
                .filteredOn(SideChannelRequest.Lookup.class::isInstance)
                .hasSize(2);
    }
}
