package io.llmd.simulator.handoff;

import static io.llmd.simulator.handoff.HandoffWorld.LEASE;
import static io.llmd.simulator.handoff.HandoffWorld.LLAMA_70B;
import static io.llmd.simulator.handoff.HandoffWorld.MILLI;
import static io.llmd.simulator.handoff.HandoffWorld.NO_HANDSHAKE;
import static io.llmd.simulator.handoff.HandoffWorld.prompt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.llmd.simulator.config.KvConnector;
import io.llmd.simulator.config.VersionPreset;
import io.llmd.simulator.engine.EngineEvent;
import io.llmd.simulator.engine.FinishReason;
import io.llmd.simulator.engine.LeaseEnd;
import io.llmd.simulator.engine.LoadFailurePolicy;
import io.llmd.simulator.engine.TransferModel;
import io.llmd.simulator.engine.TransferSpread;
import io.llmd.simulator.metrics.NixlMeters;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class HandoffReaderTest {
    private final HandoffWorld world = new HandoffWorld();
    private final HandoffWorld.Node p = world.node("p", 1);
    private final HandoffWorld.Node d = world.node("d", 2);

    private Handoff prefilled(int[] prompt) {
        long id = p.prefill(prompt);
        world.advanceTo(world.now() + 50 * MILLI);
        return p.handoff(id);
    }

    @Test
    void decodeLegReadsThePromptAndTheHolderIsTold() {
        Handoff handoff = prefilled(prompt(5000, 1));
        assertThat(p.engine.snapshot().usedBlocks()).isEqualTo(313);

        long id = d.decode(prompt(5000, 1), 3, handoff);
        world.runUntilIdle();

        assertThat(d.finished(id).reason()).isEqualTo(FinishReason.LENGTH);
        assertThat(d.finished(id).loadedTokens()).isEqualTo(5000);
        assertThat(p.all(EngineEvent.LeaseEnded.class))
                .extracting(EngineEvent.LeaseEnded::cause)
                .containsExactly(LeaseEnd.NOTIFIED);
        assertThat(p.engine.snapshot().usedBlocks()).isZero();
        assertThat(d.reader.pending()).isZero();
    }

    @Test
    void transferTakesItsModelledTimeWhileTheRequestWaits() {
        Handoff handoff = prefilled(prompt(5000, 1));
        long begin = world.now();
        d.decode(prompt(5000, 1), 1, handoff);
        world.advanceTo(begin + 20 * MILLI);
        assertThat(d.engine.snapshot().running()).isZero();
        assertThat(d.engine.snapshot().deferred()).isEqualTo(1);
        world.runUntilIdle();

        double seconds = d.metric("vllm:nixl_xfer_time_seconds_sum") / 4;
        double modelled = NO_HANDSHAKE.nanos(LLAMA_70B, 5000, 313, 1) / 1e9;
        assertThat(seconds).isEqualTo(modelled, within(0.0002));
        assertThat(seconds).isEqualTo(0.002 + 2 * 313 * 80 * 1.5e-6 + 5008.0 * 327_680 / 4 / 12.1e9, within(0.0002));
        assertThat(d.metric("vllm:nixl_xfer_time_seconds_count")).isEqualTo(4);
        assertThat(d.metric("vllm:nixl_bytes_transferred_sum")).isEqualTo(5008.0 * 327_680);
        assertThat(d.metric("vllm:nixl_num_descriptors_sum")).isEqualTo(4.0 * 2 * 313 * 80);
        assertThat(d.metric("vllm:external_prefix_cache_hits_total")).isEqualTo(5000);
    }

    @Test
    void transfersWithASpreadTakeDifferentTimesAroundTheModelledOne() {
        HandoffWorld varied = new HandoffWorld(new NixlDialect(), new TransferSpread(20 * MILLI, 0));
        TransferModel fixed = new TransferModel(100 * MILLI, 0, 1e18, 0);
        HandoffWorld.Node holder = varied.node("p", 1);
        HandoffWorld.Node reader = varied.node("d", 2, LoadFailurePolicy.FAIL, fixed, "0.32.0");
        List<Double> millis = new ArrayList<>();
        for (int i = 1; i <= 20; i++) {
            long held = holder.prefill(prompt(320, i));
            varied.advanceTo(varied.now() + 50 * MILLI);
            double before = i == 1 ? 0 : reader.metric("vllm:nixl_xfer_time_seconds_sum");
            reader.decode(prompt(320, i), 1, holder.handoff(held));
            varied.runUntilIdle();
            millis.add((reader.metric("vllm:nixl_xfer_time_seconds_sum") - before) / 4 * 1000);
        }
        assertThat(millis).allSatisfy(time -> assertThat(time).isBetween(30.0, 170.1));
        assertThat(millis.stream().distinct()).hasSizeGreaterThan(15);
        assertThat(millis.stream().mapToDouble(time -> time).average().orElseThrow())
                .isBetween(85.0, 115.0);
    }

    @Test
    void stagesOfFetchingAreCounted() {
        fill(d);
        Handoff handoff = prefilled(prompt(20_000, 1));
        long id = d.decode(prompt(20_000, 1), 1, handoff);
        world.advanceTo(world.now() + 10 * MILLI);
        assertThat(d.stages()).containsExactly(1, 0, 0);
        HandoffWorld.Node idle = world.node("idle", 3);
        idle.decode(prompt(20_000, 1), 1, handoff);
        world.advanceTo(world.now() + 10 * MILLI);
        assertThat(idle.stages()).containsExactly(0, 1, 0);
        d.abort(id);
        world.runUntilIdle();
        assertThat(d.stages()).containsExactly(0, 0, 0);
        assertThat(idle.stages()).containsExactly(0, 0, 0);
    }

    @Test
    void halfOfThePrefixHereHalvesTheBytes() {
        d.plain(prompt(2560, 1), 1);
        Handoff handoff = prefilled(prompt(5120, 1));
        d.decode(prompt(5120, 1), 1, handoff);
        world.runUntilIdle();
        assertThat(d.metric("vllm:nixl_bytes_transferred_sum")).isEqualTo(2560.0 * 327_680);
    }

    @Test
    void twoTransfersAtATimeShareTheBandwidth() {
        Handoff one = prefilled(prompt(5000, 1));
        Handoff two = prefilled(prompt(5000, 2));
        d.decode(prompt(5000, 1), 1, one);
        d.decode(prompt(5000, 2), 1, two);
        world.runUntilIdle();
        double each = d.metric("vllm:nixl_xfer_time_seconds_sum") / 8;
        assertThat(each).isEqualTo(NO_HANDSHAKE.nanos(LLAMA_70B, 5000, 313, 2) / 1e9, within(0.0003));
    }

    @Test
    void lastBlockIsReadThoughItIsCachedHere() {
        d.plain(prompt(100, 1), 1);
        Handoff handoff = prefilled(prompt(96, 1));
        long id = d.decode(prompt(96, 1), 1, handoff);
        world.runUntilIdle();
        assertThat(d.finished(id).cachedTokens()).isEqualTo(80);
        assertThat(d.finished(id).loadedTokens()).isEqualTo(16);
        assertThat(p.engine.snapshot().leases()).isZero();
    }

    @Test
    void blocksAreReadThoughTheEngineTellsOfATimeBeforeTheHandshake() {
        List<SideChannelRequest> asked = new ArrayList<>();
        List<SideChannel.Answered> answers = new ArrayList<>();
        EngineCard card = EngineCard.of("p", "0.32.0", "sim-70b", LLAMA_70B, 16, BlockMove.PULL);
        HandoffReader reader = new HandoffReader(
                new HandoffReader.Reading(
                        card,
                        new TransferTimes(LLAMA_70B, NO_HANDSHAKE, TransferSpread.NONE, 0, 1, 16),
                        BlockMove.PULL,
                        0,
                        0,
                        true),
                (holder, request, then) -> {
                    asked.add(request);
                    answers.add(then);
                },
                new NixlMeters(KvConnector.NIXL, "sim-70b", 0, VersionPreset.of("0.32.0"), Instant.EPOCH),
                (id, loaded) -> {});
        Handoff handoff = new Handoff("p", "r", new Address("127.0.0.1", 1), 4, OptionalInt.empty());
        reader.expect(1, handoff, 0);
        answers.getFirst().accept(new SideChannelResponse.Card(card), 100);

        reader.accept(new EngineEvent.LoadWanted(1, 0, 64, 4, 90));

        assertThat(reader.nextEventTime()).isLessThanOrEqualTo(100);
        reader.advance(100);
        assertThat(asked).last().isEqualTo(new SideChannelRequest.Read("p", "r"));
    }

    @Test
    void secondUseOfAHandoffFails() {
        Handoff handoff = prefilled(prompt(1000, 1));
        long first = d.decode(prompt(1000, 1), 1, handoff);
        world.advanceTo(world.now() + 200 * MILLI);
        HandoffWorld.Node other = world.node("other", 3);
        long second = other.decode(prompt(1000, 1), 1, handoff);
        world.runUntilIdle();
        assertThat(d.finished(first).reason()).isEqualTo(FinishReason.LENGTH);
        assertThat(other.finished(second).reason()).isEqualTo(FinishReason.ERROR);
        assertThat(other.metric("vllm:nixl_num_failed_transfers_total")).isEqualTo(1);
    }

    @Test
    void secondUseIsComputedWhereThatIsThePolicy() {
        Handoff handoff = prefilled(prompt(1000, 1));
        d.decode(prompt(1000, 1), 1, handoff);
        world.advanceTo(world.now() + 200 * MILLI);
        HandoffWorld.Node other = world.node("other", 3, LoadFailurePolicy.RECOMPUTE, NO_HANDSHAKE, "0.32.0");
        long second = other.decode(prompt(1000, 1), 1, handoff);
        world.runUntilIdle();
        assertThat(other.finished(second).reason()).isEqualTo(FinishReason.LENGTH);
        assertThat(other.finished(second).loadedTokens()).isZero();
        assertThat(other.metric("vllm:external_prefix_cache_hits_total")).isEqualTo(1000);
        assertThat(other.metric("vllm:external_prefix_cache_queries_total")).isEqualTo(2000);
    }

    @Test
    void onlyOneOfTwoReadersAtATimeGetsTheBlocks() {
        Handoff handoff = prefilled(prompt(1000, 1));
        HandoffWorld.Node other = world.node("other", 3);
        long first = d.decode(prompt(1000, 1), 1, handoff);
        long second = other.decode(prompt(1000, 1), 1, handoff);
        world.runUntilIdle();
        assertThat(d.finished(first).reason()).isEqualTo(FinishReason.LENGTH);
        assertThat(other.finished(second).reason()).isEqualTo(FinishReason.ERROR);
        assertThat(p.metric("vllm:nixl_num_notifications_after_expiry_total")).isEqualTo(1);
    }

    @Test
    void leaseThatRanOutFailsTheLoad() {
        Handoff handoff = prefilled(prompt(1000, 1));
        world.advanceTo(LEASE + 100 * MILLI);
        assertThat(p.engine.snapshot().usedBlocks()).isZero();
        assertThat(p.metric("vllm:nixl_num_kv_expired_reqs_total")).isEqualTo(1);
        long id = d.decode(prompt(1000, 1), 1, handoff);
        world.runUntilIdle();
        assertThat(d.finished(id).reason()).isEqualTo(FinishReason.ERROR);
    }

    @Test
    void heartbeatsKeepTheLeaseWhileTheRequestWaitsForItsTurn() {
        fill(d);
        Handoff handoff = prefilled(prompt(20_000, 1));
        world.advanceTo(world.now() + 20_000 * MILLI);
        long id = d.decode(prompt(20_000, 1), 1, handoff);
        world.advanceTo(world.now() + 70_000 * MILLI);
        assertThat(d.hasFinished(id)).isFalse();
        assertThat(p.engine.snapshot().leases()).isEqualTo(1);

        d.abort(id);
        world.runUntilIdle();
        assertThat(p.engine.snapshot().leases()).isZero();
        assertThat(p.metric("vllm:nixl_num_kv_expired_reqs_total")).isZero();
    }

    @Test
    void firstContactTakesTheHandshakeAndLaterOnesDoNot() {
        HandoffWorld.Node slow = world.node("slow", 3, LoadFailurePolicy.FAIL, TransferModel.ROCE_100G, "0.32.0");
        Handoff one = prefilled(prompt(1000, 1));
        Handoff two = prefilled(prompt(1000, 2));
        long begin = world.now();
        long first = slow.decode(prompt(1000, 1), 1, one);
        world.advanceTo(begin + 6_000 * MILLI);
        assertThat(slow.finished(first).time() - begin).isBetween(5_000 * MILLI, 5_100 * MILLI);
        long next = world.now();
        long second = slow.decode(prompt(1000, 2), 1, two);
        world.runUntilIdle();
        assertThat(slow.finished(second).time() - next).isLessThan(100 * MILLI);
        assertThat(p.asked.stream().filter(SideChannelRequest.Handshake.class::isInstance))
                .hasSize(1);
    }

    @Test
    void engineOfAnotherVersionIsNotRead() {
        HandoffWorld.Node old = world.node("old", 3, LoadFailurePolicy.FAIL, NO_HANDSHAKE, "0.31.0");
        Handoff handoff = prefilled(prompt(1000, 1));
        long id = old.decode(prompt(1000, 1), 1, handoff);
        world.advanceTo(world.now() + 100 * MILLI);
        assertThat(old.finished(id).reason()).isEqualTo(FinishReason.ERROR);
        assertThat(p.engine.snapshot().leases()).isEqualTo(1);
    }

    @Test
    void deadHolderFailsTheLoad() {
        Handoff handoff = prefilled(prompt(1000, 1));
        world.stop(p);
        long id = d.decode(prompt(1000, 1), 1, handoff);
        world.runUntilIdle();
        assertThat(d.finished(id).reason()).isEqualTo(FinishReason.ERROR);
        assertThat(d.reader.pending()).isZero();
    }

    @Test
    void deadHolderIsGivenUpWhenTheHandshakeWouldHaveBeenOver() {
        HandoffWorld.Node slow = world.node("slow", 3, LoadFailurePolicy.FAIL, TransferModel.ROCE_100G, "0.32.0");
        Handoff handoff = prefilled(prompt(1000, 1));
        world.stop(p);
        long begin = world.now();
        long id = slow.decode(prompt(1000, 1), 1, handoff);
        world.runUntilIdle();
        assertThat(slow.finished(id).time() - begin).isEqualTo(5_000 * MILLI);
        assertThat(slow.metric("vllm:nixl_num_failed_transfers_total")).isEqualTo(1);
    }

    @Test
    void holderThatDiesDuringTheTransferFailsTheLoad() {
        Handoff handoff = prefilled(prompt(5000, 1));
        long id = d.decode(prompt(5000, 1), 1, handoff);
        world.advanceTo(world.now() + 30 * MILLI);
        world.stop(p);
        world.runUntilIdle();
        assertThat(d.finished(id).reason()).isEqualTo(FinishReason.ERROR);
    }

    @Test
    void restartedHolderIsMetAgainAndItsOldBlocksAreGone() {
        Handoff before = prefilled(prompt(1000, 1));
        long warm = d.decode(prompt(1000, 1), 1, before);
        Handoff lost = prefilled(prompt(1000, 2));
        world.advanceTo(world.now() + 200 * MILLI);
        world.stop(p);
        HandoffWorld.Node again = world.node("p-again", 1);

        long gone = d.decode(prompt(1000, 2), 1, lost);
        world.advanceTo(world.now() + 200 * MILLI);
        long prefill = again.prefill(prompt(1000, 3));
        world.advanceTo(world.now() + 200 * MILLI);
        long served = d.decode(prompt(1000, 3), 1, again.handoff(prefill));
        world.runUntilIdle();

        assertThat(d.finished(warm).reason()).isEqualTo(FinishReason.LENGTH);
        assertThat(d.finished(gone).reason()).isEqualTo(FinishReason.ERROR);
        assertThat(d.finished(served).loadedTokens()).isEqualTo(1000);
        assertThat(again.asked.stream().filter(SideChannelRequest.Handshake.class::isInstance))
                .hasSize(1);
    }

    @Test
    void abortBeforeTheTurnTellsTheHolder() {
        fill(d);
        Handoff handoff = prefilled(prompt(20_000, 1));
        long id = d.decode(prompt(20_000, 1), 1, handoff);
        world.advanceTo(world.now() + 10 * MILLI);
        assertThat(d.all(EngineEvent.LoadWanted.class)).isEmpty();
        assertThat(d.abort(id)).isTrue();
        world.advanceTo(world.now() + 10 * MILLI);
        assertThat(p.engine.snapshot().usedBlocks()).isZero();
    }

    /** Leaves too few blocks for a prompt of 20,000 tokens, for long. */
    private void fill(HandoffWorld.Node node) {
        node.plain(prompt(30_000, 9), 2_000);
        node.plain(prompt(30_000, 8), 2_000);
        world.advanceTo(world.now() + 500 * MILLI);
        node.engine.slowFactor(100);
    }

    @Test
    void abortDuringTheHandshakeTellsTheHolderAfterIt() {
        HandoffWorld.Node slow = world.node("slow", 3, LoadFailurePolicy.FAIL, TransferModel.ROCE_100G, "0.32.0");
        Handoff handoff = prefilled(prompt(1000, 1));
        long id = slow.decode(prompt(1000, 1), 1, handoff);
        world.advanceTo(world.now() + 1_000 * MILLI);
        slow.abort(id);
        world.advanceTo(world.now() + 5_000 * MILLI);
        assertThat(p.engine.snapshot().leases()).isZero();
        assertThat(slow.metric("vllm:nixl_xfer_time_seconds_count")).isZero();
    }

    @Test
    void abortDuringTheTransferTellsTheHolderAtItsEnd() {
        Handoff handoff = prefilled(prompt(5000, 1));
        long id = d.decode(prompt(5000, 1), 1, handoff);
        world.advanceTo(world.now() + 30 * MILLI);
        d.abort(id);
        world.advanceTo(world.now() + 1);
        assertThat(d.engine.snapshot().usedBlocks()).isZero();
        assertThat(p.engine.snapshot().leases()).isEqualTo(1);
        world.advanceTo(world.now() + 200 * MILLI);
        assertThat(p.engine.snapshot().leases()).isZero();
    }

    @Test
    void refusedRequestGivesItsBlocksBack() {
        Handoff handoff = prefilled(prompt(1000, 1));
        d.reader.release(handoff, world.now());
        world.advanceTo(world.now() + 10 * MILLI);
        assertThat(p.engine.snapshot().leases()).isZero();
        assertThat(d.reader.pending()).isZero();
    }
}
