package io.llmd.simulator.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.simulator.cluster.RequestResult;
import io.llmd.simulator.cluster.Simulation;
import io.llmd.simulator.cluster.SimulationSettings;
import io.llmd.simulator.engine.EngineSettings;
import io.llmd.simulator.workload.LadderWorkload;
import io.llmd.simulator.workload.SharedPrefixes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class RoutingPolicyTest {
    private static final int ENDPOINTS = 4;
    private static final int PROMPTS = 24;
    private static final int ROUNDS = 4;
    private static final SharedPrefixes.Shape SHAPE = new SharedPrefixes.Shape(8, 3, 640, 64, 8);

    @Test
    void preciseRoutingComputesEachPrefixOnce() {
        List<RequestResult> results = simulate(RoutingPolicy.PRECISE, 4096);

        assertThat(results.stream().filter(result -> result.cachedTokens() < 640))
                .hasSize(8);
    }

    @Test
    void estimatedRoutingComputesEachPrefixOnce() {
        List<RequestResult> results = simulate(RoutingPolicy.ESTIMATED, 4096);

        assertThat(results.stream().filter(result -> result.cachedTokens() < 640))
                .hasSize(8);
    }

    @Test
    void preciseRoutingFindsMoreInSmallCachesThanRandomRouting() {
        assertThat(cachedTokens(RoutingPolicy.PRECISE, 200)).isGreaterThan(cachedTokens(RoutingPolicy.RANDOM, 200));
    }

    @Test
    void randomRoutingUsesAllEndpoints() {
        assertThat(simulate(RoutingPolicy.RANDOM, 4096).stream().map(RequestResult::endpoint))
                .contains(0, 1, 2, 3);
    }

    @Test
    void moreEndpointsThanBitsAreRefused() {
        EngineSettings engine = EngineSettings.builder().build();

        assertThatThrownBy(() -> RoutingPolicy.PRECISE.router(65, engine.hasher(), 16, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("endpoints: 65 (expected: 1 to 64)");
    }

    private static long cachedTokens(RoutingPolicy policy, int blocks) {
        return simulate(policy, blocks).stream()
                .mapToLong(RequestResult::cachedTokens)
                .sum();
    }

    private static List<RequestResult> simulate(RoutingPolicy policy, int blocks) {
        EngineSettings engine =
                EngineSettings.builder().blocks(blocks).maxModelLen(1024).build();
        List<RequestResult> results = new ArrayList<>();
        new Simulation(
                        SimulationSettings.DEFAULTS,
                        Collections.nCopies(ENDPOINTS, engine),
                        policy.router(ENDPOINTS, engine.hasher(), engine.blockTokens(), 1),
                        new LadderWorkload(
                                List.of(new LadderWorkload.Stage(2, PROMPTS * ROUNDS)),
                                SharedPrefixes.repeated(SHAPE, 1),
                                1),
                        results::add)
                .run();
        return results;
    }
}
