package io.llmd.simulator.handoff;

import static io.llmd.simulator.handoff.HandoffWorld.LEASE;
import static io.llmd.simulator.handoff.HandoffWorld.MILLI;
import static io.llmd.simulator.handoff.HandoffWorld.prompt;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.simulator.engine.EngineEvent;
import io.llmd.simulator.engine.FinishReason;
import io.llmd.simulator.engine.LeaseEnd;
import org.junit.jupiter.api.Test;

/** Blocks that both legs know by a name before they exist. */
class PromisedBlocksTest {
    private final HandoffWorld world = new HandoffWorld(new MooncakeDialect());
    private final HandoffWorld.Node p = world.node("p", 1);
    private final HandoffWorld.Node d = world.node("d", 2);

    private Handoff promise(String key) {
        return Handoff.promised("p", key, p.address);
    }

    @Test
    void decodeLegThatComesFirstWaitsForThePrefill() {
        long decode = d.decode(prompt(1000, 1), 2, promise("xfer-1"));
        world.advanceTo(200 * MILLI);
        assertThat(d.engine.snapshot().deferred()).isEqualTo(1);
        long prefill = p.prefill(prompt(1000, 1), "xfer-1");
        world.runUntilIdle();
        assertThat(p.finished(prefill).time()).isLessThan(d.finished(decode).time());
        assertThat(d.finished(decode).loadedTokens()).isEqualTo(1000);
        assertThat(p.engine.snapshot().leases()).isZero();
    }

    @Test
    void prefillThatIsAbortedFailsTheDecodeLeg() {
        long decode = d.decode(prompt(1000, 1), 2, promise("xfer-1"));
        long prefill = p.prefill(prompt(1000, 1), "xfer-1");
        p.abort(prefill);
        world.runUntilIdle();
        assertThat(d.finished(decode).reason()).isEqualTo(FinishReason.ERROR);
    }

    @Test
    void decodeLegThatIsAbortedBeforeThePrefillFreesTheBlocksWhenTheyCome() {
        long decode = d.decode(prompt(1000, 1), 2, promise("xfer-1"));
        world.advanceTo(100 * MILLI);
        d.abort(decode);
        world.advanceTo(200 * MILLI);
        p.prefill(prompt(1000, 1), "xfer-1");
        world.advanceTo(300 * MILLI);
        assertThat(p.engine.snapshot().usedBlocks()).isZero();
        assertThat(p.all(EngineEvent.LeaseEnded.class))
                .extracting(EngineEvent.LeaseEnded::cause)
                .containsExactly(LeaseEnd.NOTIFIED);
    }

    @Test
    void nameIsGoodOnce() {
        p.prefill(prompt(1000, 1), "xfer-1");
        long first = d.decode(prompt(1000, 1), 2, promise("xfer-1"));
        world.advanceTo(500 * MILLI);
        HandoffWorld.Node other = world.node("other", 3);
        long second = other.decode(prompt(1000, 1), 2, promise("xfer-1"));
        world.advanceTo(1_000 * MILLI);
        assertThat(d.finished(first).reason()).isEqualTo(FinishReason.LENGTH);
        assertThat(other.finished(second).reason()).isEqualTo(FinishReason.ERROR);
    }

    @Test
    void patienceWithAPrefillThatNeverComesEnds() {
        long decode = d.decode(prompt(1000, 1), 2, promise("xfer-1"));
        world.advanceTo(2 * LEASE - 100 * MILLI);
        assertThat(d.hasFinished(decode)).isFalse();
        world.advanceTo(2 * LEASE + 100 * MILLI);
        assertThat(d.finished(decode).reason()).isEqualTo(FinishReason.ERROR);
    }

    @Test
    void blocksThatNobodyReadsAreFreeWhenTheirLeaseEnds() {
        p.prefill(prompt(1000, 1), "xfer-1");
        world.runUntilIdle();
        assertThat(p.engine.snapshot().expiredLeases()).isEqualTo(1);
        long late = d.decode(prompt(1000, 1), 2, promise("xfer-1"));
        world.runUntilIdle();
        assertThat(d.finished(late).reason()).isEqualTo(FinishReason.ERROR);
    }
}
