package io.llmd.scheduler.plugin.scorer;

import static io.llmd.scheduler.scheduling.EndpointFixture.endpoint;
import static io.llmd.scheduler.scheduling.EndpointFixture.request;
import static io.llmd.scheduler.scheduling.EndpointFixture.score;
import static io.llmd.scheduler.scheduling.EndpointFixture.stale;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.InFlightLoads;
import io.llmd.scheduler.scheduling.PrefixMatches;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class KvBlockCostScorerTest {

    /** The fixture's caches have 1000 blocks of 16 tokens: 40 and 10 blocks of 64 tokens in use. */
    private static final Endpoint A = endpoint("a", 0, 0, 0.16);

    private static final Endpoint B = endpoint("b", 0, 0, 0.04);

    @Test
    @Tag("scheduling-83")
    void blocksToComputeAndBlocksInUseAddUp() {
        // (64 - 48) + 40 = 56 against 64 + 10 = 74; with c at 64 + 28 = 92, b is half way
        Candidates candidates = Candidates.of(List.of(A, B, endpoint("c", 0, 0, 0.112)));
        putMatches(candidates, 48, 0, 0);
        assertThat(score(scorer(""), request("m", 4096), candidates))
                .containsExactly(new double[] {1, 0.5, 0}, within(1e-9));
    }

    @Test
    void promptsOnTheirWayCount() {
        Candidates candidates = Candidates.of(List.of(A, B));
        putMatches(candidates, 48, 0);
        InFlightLoads loads = new InFlightLoads(2);
        loads.set(0, 1, 19 * 64);
        candidates.put(DataKeys.inFlightLoads(""), loads);
        // 56 + 19 = 75 against 74
        assertThat(score(scorer(""), request("m", 4096), candidates)).containsExactly(0, 1);
        // half as much: 16 + 9.5 - 8 ... blocks to compute count half
        assertThat(score(scorer("prefillLoadScale: 2"), request("m", 4096), candidates))
                .containsExactly(1, 0);
    }

    @Test
    void requestsInFlightCountWhereAsked() {
        Candidates candidates = Candidates.of(List.of(A, B));
        putMatches(candidates, 48, 0);
        InFlightLoads loads = new InFlightLoads(2);
        loads.set(0, 19, 0);
        candidates.put(DataKeys.inFlightLoads(""), loads);
        assertThat(score(scorer(""), request("m", 4096), candidates)).containsExactly(1, 0);
        assertThat(score(scorer("activeRequestWeight: 1"), request("m", 4096), candidates))
                .containsExactly(0, 1);
    }

    @Test
    void anEndpointWithoutFreshReadingsCountsAsTheMedian() {
        Candidates candidates = Candidates.of(List.of(A, B, stale(endpoint("c", 0, 0, 0))));
        putMatches(candidates, 0, 0, 0);
        assertThat(score(scorer(""), request("m", 4096), candidates))
                .containsExactly(new double[] {0, 1, 0.5}, within(1e-9));
    }

    @Test
    void weightsBelowZeroAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new KvBlockCostScorer.Params(-1, 0, "", ""))
                .withMessage("prefillLoadScale: -1.0 (expected: finite, >= 0)");
    }

    private static void putMatches(Candidates candidates, int... held) {
        PrefixMatches matches = new PrefixMatches(held.length);
        for (int slot = 0; slot < held.length; slot++) {
            matches.set(slot, held[slot], 64, 64);
        }
        candidates.put(DataKeys.prefixMatches(""), matches);
    }

    private static KvBlockCostScorer scorer(String parameters) {
        return new KvBlockCostScorer(ParameterBinder.bind(KvBlockCostScorer.Params.class, parameters));
    }
}
